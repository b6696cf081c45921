"""Búsqueda en haz: seguir a la vez varios comienzos, para hallar un texto más probable que el voraz."""

from typing import NamedTuple

import torch
from torch import Tensor

from siguiente.language_models.protocol import LanguageModel


class Beam(NamedTuple):
    """Una continuación hallada."""

    tokens: list[int]
    """Los tokens nuevos."""
    logprob: float
    """Log-probabilidad de todos ellos, en nats."""


def beam_search(model: LanguageModel, ids: Tensor, length: int, beams: int) -> list[Beam]:
    """Busca, sin recorrerlas todas, las continuaciones más probables de un prompt (1, T), de mejor a peor.

    Todas miden `length` tokens, así que se comparan sus log-probabilidades. Se siguen a la vez `beams`
    comienzos, K; con 1, es lo mismo que elegir siempre el más probable.

    >>> from siguiente.language_models.protocol import UniformModel
    >>> best = beam_search(UniformModel(4), torch.tensor([[0]]), length=2, beams=2)[0]
    >>> len(best.tokens), round(best.logprob, 4)
    (2, -2.7726)
    """
    logits, state = model.step(ids)
    written, logprobs = torch.empty(1, 0, dtype=torch.long), torch.zeros(1)
    while True:
        rows, tokens, logprobs = grown(logprobs, logits[:, -1], beams)
        written = torch.cat([written[rows], tokens[:, None]], 1)
        if written.shape[1] == length:
            return [*map(Beam, written.tolist(), logprobs.tolist())]
        logits, state = model.step(tokens[:, None], state.select(rows))


def grown(logprobs: Tensor, logits: Tensor, n: int) -> tuple[Tensor, Tensor, Tensor]:
    """Las `n` mejores maneras de añadir un token a unos comienzos: fila, token y log-probabilidad de todo."""
    every = logprobs[:, None] + logits.log_softmax(-1)  # (K, V)
    best = every.flatten().topk(min(n, int((every > -torch.inf).sum())))
    return best.indices // logits.shape[-1], best.indices % logits.shape[-1], best.values
