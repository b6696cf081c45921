"""Lo que una política responde a unas peticiones, en la forma en que se puntúa y se aprende."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from siguiente.alignment.sequences import BATCH, Answers, join_answers
from siguiente.language_models.protocol import LanguageModel, TextModel
from siguiente.language_models.sampling import Choose, generate_batch


class Rollouts(NamedTuple):
    """Unas respuestas, en tokens y en texto."""

    answers: Answers
    """Peticiones y respuestas, B filas."""
    texts: list[str]
    """Las respuestas, sin su final."""
    ended: list[bool]
    """Si la política terminó la respuesta, o se quedó sin sitio."""


def sample_answers(
    model: TextModel[LanguageModel], prompts: Sequence[str], generator: Generator, length: int, n: int = 1
) -> Rollouts:
    """Responde `n` veces a cada petición, al azar y a temperatura 1: así la política es la que se mide.

    De N peticiones salen B = N·n respuestas, las `n` de cada una seguidas, de `length` tokens como mucho, con
    el final.

    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> model = TextModel(UniformModel(258), ByteTokenizer())
    >>> found = sample_answers(model, ["¿Sí?", "¿No?"], torch.Generator().manual_seed(0), length=8, n=3)
    >>> len(found.texts), found.answers.ids.shape[0]
    (6, 6)
    """
    end = model.tokenizer.eos_id
    if end is None:
        raise ValueError("Este tokenizador no tiene token de final: la política no podría terminar.")
    rows = [model.encode(prompt) for prompt in prompts for _ in range(n)]
    parts = (rows[first : first + BATCH] for first in range(0, max(1, len(rows)), BATCH))
    choose = row_sampler(generator)
    written = [row for part in parts for row in generate_batch(model.model, part, length, choose, end)]
    ended = [len(row) < length for row in written]
    closed = [[*row, end] if done else row for row, done in zip(written, ended, strict=True)]
    return Rollouts(join_answers(rows, closed), [model.decode(row) for row in written], ended)


def row_sampler(generator: Generator) -> Choose:
    """Elige al azar según el softmax, con un número por fila: en lotes grandes, muchas veces más deprisa.

    >>> row_sampler(torch.Generator().manual_seed(0))(torch.tensor([[0.0, 99.0, 0.0]]))
    tensor([1])
    """

    def choose(logits: Tensor) -> Tensor:
        heap = logits.softmax(-1).cumsum(-1)  # (B, V)
        place = torch.rand(len(heap), 1, generator=generator) * heap[:, -1:]
        return torch.searchsorted(heap, place).squeeze(1).clamp(max=logits.shape[1] - 1)

    return choose
