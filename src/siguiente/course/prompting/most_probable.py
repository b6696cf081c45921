"""El texto más probable: buscarlo de tres maneras, lo que se repite y lo que cuesta penalizar."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from siguiente.language_models.beam import beam_search
from siguiente.language_models.decoding import repetition_penalty
from siguiente.language_models.protocol import LanguageModel, TextModel
from siguiente.language_models.sampling import generate, greedy, sampler
from siguiente.language_models.scoring import score, token_logprobs


class Found(NamedTuple):
    """Lo que una manera de buscar encuentra tras P comienzos."""

    tokens: Tensor
    """Las continuaciones, (P, n, T)."""
    logprobs: Tensor
    """La log-probabilidad de cada una, en nats, (P, n)."""


def search_ways(model: LanguageModel, starts: Sequence[Tensor], length: int, n: int) -> dict[str, Found]:
    """Continúa cada comienzo, (1, T), de tres maneras: el voraz, que da una; `n` muestras, y un haz de `n`.

    >>> from siguiente.language_models.protocol import UniformModel
    >>> found = search_ways(UniformModel(4), [torch.tensor([[0]])], length=3, n=2)
    >>> {way: tuple(x.tokens.shape) for way, x in found.items()}
    {'voraz': (1, 1, 3), 'muestreo': (1, 2, 3), 'haz': (1, 2, 3)}
    """
    seeded = Generator().manual_seed
    written = {
        "voraz": [generate(model, ids, length, greedy) for ids in starts],
        "muestreo": [generate(model, ids, length, sampler(seeded(i)), n) for i, ids in enumerate(starts)],
        "haz": [torch.tensor([beam.tokens for beam in beam_search(model, ids, length, n)]) for ids in starts],
    }

    def logprobs(ids: Tensor, rows: Tensor) -> Tensor:
        whole = torch.cat([ids.expand(len(rows), -1), rows], 1)
        return score(model, whole, start=ids.shape[1]).sum(1)

    return {
        way: Found(torch.stack(rows), torch.stack([*map(logprobs, starts, rows)]))
        for way, rows in written.items()
    }


def repeated_logprobs(model: TextModel[LanguageModel], text: str, times: int = 5) -> Tensor:
    """La log-probabilidad media, en nats por token, de cada vuelta de un texto repetido, (times,).

    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> repeated_logprobs(TextModel(UniformModel(258), ByteTokenizer()), "bis", times=2)
    tensor([-5.5530, -5.5530])
    """
    first, turn = model.encode(text), model.tokenizer.encode(" " + text)
    logprobs = score(model.model, torch.tensor([first + turn * (times - 1)]))[0]
    return torch.stack([part.mean() for part in logprobs.split([len(first) - 1] + [len(turn)] * (times - 1))])


def penalised_nats(model: TextModel[LanguageModel], text: str, penalties: Sequence[float]) -> Tensor:
    """Los nats por token de un texto, con cada penalización a los tokens ya escritos, (K,)."""
    ids = model.prompt(text)
    logits = model.model.step(ids, last=ids.shape[1])[0][0]

    def nats(penalty: float) -> Tensor:
        rows = [repetition_penalty(logits[t - 1 : t], ids[:, 1:t], penalty) for t in range(1, ids.shape[1])]
        return -token_logprobs(torch.cat(rows), ids[0, 1:]).mean()

    return torch.stack([nats(penalty) for penalty in penalties])
