"""Cuentos por parejas y quienes dicen cuál prefieren."""

import sys
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from siguiente.alignment.rollouts import sample_answers
from siguiente.alignment.sequences import Preference
from siguiente.course.data.annotators import Annotator
from siguiente.course.data.story_requests import StoryRequest
from siguiente.language_models.protocol import LanguageModel, TextModel


class StoryPair(NamedTuple):
    """Una petición y dos cuentos, sin comparar."""

    request: StoryRequest
    """Lo que se pidió."""
    first: str
    """Un cuento."""
    second: str
    """Otro, distinto."""


def sample_pairs(
    policy: TextModel[LanguageModel], requests: Sequence[StoryRequest], generator: Generator, length: int
) -> list[StoryPair]:
    """Escribe dos cuentos para cada petición, de `length` tokens como mucho, con el final.
    Las parejas de cuentos iguales, y las que tienen uno vacío o que no cabe en el contexto al volver a
    leerlo, se quitan. Por eso puede haber menos que peticiones.
    """
    texts = sample_answers(policy, [request.text for request in requests], generator, length, n=2).texts
    pairs = map(StoryPair, requests, texts[::2], texts[1::2])
    return [pair for pair in pairs if _comparable(policy, pair)]


def _comparable(policy: TextModel[LanguageModel], pair: StoryPair) -> bool:
    """Dice si hay qué comparar: dos cuentos distintos, ninguno vacío, que se pueden volver a leer."""
    prompt, limit = len(policy.encode(pair.request.text)), policy.model.context_length or sys.maxsize
    sizes = [prompt + len(policy.tokenizer.encode(text)) + 1 for text in pair[1:]]
    return pair.first != pair.second and all(map(str.strip, pair[1:])) and max(sizes) <= limit


def ask_annotators(
    pairs: Sequence[StoryPair], annotators: Sequence[Annotator], generator: Generator
) -> Tensor:
    """Pregunta cada una de N parejas a un anotador, sorteado entre los que hay: si prefirió el primero, (N,).

    >>> pair = StoryPair(StoryRequest("Ana", "pet"), "Ana y su mascota.", "Ana.")
    >>> ask_annotators([pair] * 3, [Annotator(noise=0.01)], torch.Generator().manual_seed(0))
    tensor([True, True, True])
    """
    turns = torch.randint(len(annotators), (len(pairs),), generator=generator).tolist()
    asked = zip(turns, pairs, strict=True)
    return torch.tensor([annotators[turn].prefers_first(*pair, generator) for turn, pair in asked])


def label_pairs(pairs: Sequence[StoryPair], first: Tensor) -> list[Preference]:
    """Escribe N parejas como petición, preferida y rechazada, según si se prefirió el primero, (N,).

    >>> pair = StoryPair(StoryRequest("Ana", "pet"), "Ana y su mascota.", "Ana.")
    >>> label_pairs([pair], torch.tensor([False]))[0].chosen
    'Ana.'
    """
    return [
        Preference(request.text, *((one, other) if wins else (other, one)))
        for (request, one, other), wins in zip(pairs, first.tolist(), strict=True)
    ]


def shuffled_labels(preferences: Sequence[Preference], generator: Generator) -> list[Preference]:
    """El control: las mismas parejas, con la preferida elegida a cara o cruz.
    Lo que un método consiga con ellas no lo aprendió de las preferencias.

    >>> same = [Preference("Salude.", "Hola.", "Ya.")] * 4
    >>> [pair.chosen for pair in shuffled_labels(same, torch.Generator().manual_seed(0))]
    ['Ya.', 'Hola.', 'Ya.', 'Ya.']
    """
    swap = (torch.rand(len(preferences), generator=generator) < 0.5).tolist()
    return [
        Preference(prompt, *((rejected, chosen) if swapped else (chosen, rejected)))
        for (prompt, chosen, rejected), swapped in zip(preferences, swap, strict=True)
    ]
