"""La página sobre elegir el token siguiente: sus puntos, sus bucles y lo que cuesta penalizar."""

from collections.abc import Sequence

import torch
from torch import Tensor

from siguiente.language_models.decoding import repetition_penalty
from siguiente.language_models.protocol import LanguageModel, TextModel
from siguiente.language_models.scoring import score, token_logprobs


def token_points(logits: Tensor, tokens: Tensor) -> list[tuple[float, float, float]]:
    """La probabilidad de unos tokens (K,) según unos logits (V,), como puntos sin intervalo.

    >>> token_points(torch.tensor([0.0, 0.0]), torch.tensor([1]))
    [(0.5, 0.5, 0.5)]
    """
    return [(p, p, p) for p in logits.softmax(-1)[tokens].tolist()]


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
