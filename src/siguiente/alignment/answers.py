"""La forma de los datos al alinear: unas peticiones, sus respuestas y qué tokens son de cada cual."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from siguiente.transformers.gpt import GPT

__all__ = ["Answers", "answer_logprobs", "answer_totals", "join_answers"]

BATCH = 64
ROWS = 512  # los logits de tantas posiciones caben en la memoria rápida del procesador


class Answers(NamedTuple):
    """Unas peticiones con su respuesta, igualadas por la derecha."""

    ids: Tensor
    """Petición, respuesta y final, (B, T)."""
    mask: Tensor
    """Qué tokens son de la respuesta, con su final, (B, T)."""


def join_answers(
    prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]], limit: int | None = None
) -> Answers:
    """Une cada petición con su respuesta.

    Parameters
    ----------
    prompts, answers : sequence of sequence of int
        B peticiones y B respuestas, en tokens. La respuesta lleva su token de final si lo escribió.
    limit : int, optional
        Los tokens que caben en el contexto del modelo.

    Raises
    ------
    ValueError
        Si no hay tantas como peticiones, si alguna está vacía o si no cabe en el contexto.

    Examples
    --------
    >>> join_answers([[1, 2], [3]], [[4], [5, 6]]).mask.int()
    tensor([[0, 0, 1],
            [0, 1, 1]], dtype=torch.int32)
    """
    if not prompts or len(prompts) != len(answers) or not all(map(len, [*prompts, *answers])):
        raise ValueError("Cada petición necesita su respuesta, y ninguna de las dos puede estar vacía.")
    sizes = torch.tensor([[len(p), len(p) + len(a)] for p, a in zip(prompts, answers, strict=True)])
    longest = int(sizes.max())
    if limit is not None and longest > limit:
        raise ValueError(
            f"Una petición y su respuesta ocupan {longest} tokens y en el contexto caben {limit}: "
            "acórtelas o quítelas."
        )
    rows = [[*p, *a] + [0] * (longest - len(p) - len(a)) for p, a in zip(prompts, answers, strict=True)]
    places = torch.arange(longest)
    return Answers(torch.tensor(rows), (places >= sizes[:, :1]) & (places < sizes[:, 1:]))


def answer_logprobs(model: nn.Module, answers: Answers) -> Tensor:
    """Log-probabilidad de cada token de la respuesta, con gradiente.

    Parameters
    ----------
    model : nn.Module
        De tokens (B, T) a logits (B, T, V).
    answers : Answers
        Las respuestas.

    Returns
    -------
    Tensor
        (B, T - 1), en nats; 0 donde el token predicho es de la petición o de relleno.

    Examples
    --------
    >>> from torch import nn
    >>> net = nn.Embedding.from_pretrained(torch.zeros(8, 8))
    >>> answer_logprobs(net, join_answers([[1, 2], [3]], [[4], [5, 6]]))
    tensor([[ 0.0000, -2.0794],
            [-2.0794, -2.0794]])
    """
    mask, targets = answers.mask[:, 1:], answers.ids[:, 1:][answers.mask[:, 1:]]
    hidden, head = (model.hidden, model.head) if isinstance(model, GPT) else (model, nn.Identity())
    rows = hidden(answers.ids[:, :-1])[mask]  # un GPT forma logits solo donde se predice la respuesta
    parts = zip(rows.split(ROWS), targets.split(ROWS), strict=True)
    found = torch.cat([-cross_entropy(head(x).float(), ids, reduction="none") for x, ids in parts])
    return torch.zeros(mask.shape).masked_scatter(mask, found)


@torch.no_grad()
def answer_totals(model: nn.Module, answers: Answers) -> Tensor:
    """Log-probabilidad de cada respuesta entera, (B,), sin gradiente y por lotes.

    Examples
    --------
    >>> from torch import nn
    >>> net = nn.Embedding.from_pretrained(torch.zeros(8, 8))
    >>> answer_totals(net, join_answers([[1, 2], [3]], [[4], [5, 6]]))
    tensor([-2.0794, -4.1589])
    """
    batches = zip(*(rows.split(BATCH) for rows in answers), strict=True)
    return torch.cat([answer_logprobs(model, Answers(*batch)).sum(1) for batch in batches])
