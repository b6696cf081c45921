"""Búsqueda en haz: seguir a la vez varios comienzos, para hallar un texto más probable que el voraz."""

from typing import NamedTuple

import torch
from torch import Tensor

from siguiente.language_models.protocol import LanguageModel
from siguiente.language_models.sampling import check_room


class Beam(NamedTuple):
    """Una continuación hallada."""

    tokens: list[int]
    """Los tokens nuevos, con el de final si lo escribió."""
    logprob: float
    """Log-probabilidad de todos ellos, en nats."""
    score: float
    """La misma, dividida por su longitud elevada a `alpha`."""


def beam_search(
    model: LanguageModel, ids: Tensor, length: int, beams: int, eos: int | None = None, alpha: float = 0.0
) -> list[Beam]:
    """Busca, sin recorrerlas todas, las continuaciones más probables de un prompt (1, T), de mejor a peor.

    La puntuación de :math:`y` es :math:`\\log p(y\\mid x)/|y|^{\\alpha}`: con `alpha` 0 se compara la
    probabilidad; con 1, la media por token. Se siguen a la vez `beams` comienzos, K; con 1, y sin token de
    final, es lo mismo que elegir siempre el más probable. Una continuación termina si escribe el token de
    final estando entre las K mejores. Se deja de buscar cuando ninguna de las vivas, ni con la longitud
    máxima, puede pasar a las K terminadas.

    >>> from siguiente.language_models.protocol import UniformModel
    >>> best = beam_search(UniformModel(4), torch.tensor([[0]]), length=2, beams=2)[0]
    >>> len(best.tokens), round(best.logprob, 4)
    (2, -2.7726)
    """
    if length < 1 or beams < 1 or not alpha >= 0 or len(ids) != 1:
        raise ValueError(
            "Hacen falta `length` y `beams` de al menos 1, `alpha` no negativa y un solo prompt: son "
            f"`length`={length}, `beams`={beams}, `alpha`={alpha} y {len(ids)} prompts."
        )
    check_room(model, ids.shape[1], length)
    logits, state = model.step(ids)
    written, logprobs, finished = torch.empty(1, 0, dtype=torch.long), torch.zeros(1), list[Beam]()
    while True:
        rows, tokens, logprobs = grown(logprobs, logits[:, -1], 2 * beams)  # si K terminan, quedan otras K
        written = torch.cat([written[rows], tokens[:, None]], 1)
        ends = (tokens == (-1 if eos is None else eos)) | (written.shape[1] == length)
        finished += scored(written[:beams][ends[:beams]], logprobs[:beams][ends[:beams]], alpha)
        finished = sorted(finished, key=lambda beam: -beam.score)[:beams]
        live = (~ends).nonzero().flatten()[:beams]
        written, logprobs = written[live], logprobs[live]
        if not len(live) or (len(finished) == beams and logprobs[0] / length**alpha <= finished[-1].score):
            return finished
        logits, state = model.step(written[:, -1:], state.select(rows[live]))


def grown(logprobs: Tensor, logits: Tensor, n: int) -> tuple[Tensor, Tensor, Tensor]:
    """Las `n` mejores maneras de añadir un token a unos comienzos: fila, token y log-probabilidad de todo."""
    every = logprobs[:, None] + logits.log_softmax(-1)  # (K, V)
    best = every.flatten().topk(min(n, int((every > -torch.inf).sum())))
    return best.indices // logits.shape[-1], best.indices % logits.shape[-1], best.values


def scored(written: Tensor, logprobs: Tensor, alpha: float) -> list[Beam]:
    """Las continuaciones (K, t) con su puntuación."""
    pairs = zip(written.tolist(), logprobs.tolist(), strict=True)
    return [Beam(tokens, logprob, logprob / len(tokens) ** alpha) for tokens, logprob in pairs]
