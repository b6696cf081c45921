"""Preferencias: dos respuestas de la política a cada petición, y cuál gustó más."""

import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from siguiente.alignment.answers import Answers
from siguiente.alignment.records import Preference
from siguiente.alignment.rollouts import encode_answers, sample_answers
from siguiente.data.annotators import Annotator
from siguiente.data.story_requests import StoryRequest
from siguiente.language_models.protocol import LanguageModel
from siguiente.language_models.text import TextModel

__all__ = [
    "Pairs",
    "StoryPair",
    "ask_annotators",
    "encode_preferences",
    "label_pairs",
    "sample_pairs",
    "shuffled_labels",
    "shuffled_rows",
]


class StoryPair(NamedTuple):
    """Una petición y dos cuentos, sin comparar."""

    request: StoryRequest
    """Lo que se pidió."""
    first: str
    """Un cuento."""
    second: str
    """Otro, distinto."""


class Pairs(NamedTuple):
    """Unas preferencias, en tokens."""

    chosen: Answers
    """Las respuestas preferidas, N filas."""
    rejected: Answers
    """Las otras, N filas."""

    def select(self, rows: Tensor) -> "Pairs":
        """Las preferencias de unas filas, sin el relleno que sobra."""
        return Pairs(*(_select(answers, rows) for answers in self))


def sample_pairs(
    policy: TextModel[LanguageModel], requests: Sequence[StoryRequest], generator: Generator, length: int
) -> list[StoryPair]:
    """Escribe dos cuentos para cada petición.

    Las parejas de cuentos iguales, y las que tienen uno vacío o que no cabe en el contexto al volver a
    leerlo, se quitan. Por eso puede haber menos que peticiones.

    Parameters
    ----------
    policy : TextModel
        La política que los escribe.
    requests : sequence of StoryRequest
        Las peticiones.
    generator : torch.Generator
        La fuente de azar.
    length : int
        Máximo de tokens por cuento, con el final.
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
    """Pregunta cada pareja a un anotador, sorteado entre los que hay.

    Parameters
    ----------
    pairs : sequence of StoryPair
        N parejas.
    annotators : sequence of Annotator
        Los anotadores; con uno solo, responde todas.
    generator : torch.Generator
        La fuente de azar.

    Returns
    -------
    Tensor
        (N,), booleana: si se prefirió el primero.

    Raises
    ------
    ValueError
        Si no hay parejas o anotadores.

    Examples
    --------
    >>> pair = StoryPair(StoryRequest("Ana", "pet"), "Ana y su mascota.", "Ana.")
    >>> ask_annotators([pair] * 3, [Annotator(noise=0.01)], torch.Generator().manual_seed(0))
    tensor([True, True, True])
    """
    if not pairs or not annotators:
        raise ValueError("Hacen falta alguna pareja que comparar y algún anotador que la compare.")
    turns = torch.randint(len(annotators), (len(pairs),), generator=generator).tolist()
    asked = zip(turns, pairs, strict=True)
    return torch.tensor([annotators[turn].prefers_first(*pair, generator) for turn, pair in asked])


def label_pairs(pairs: Sequence[StoryPair], first: Tensor) -> list[Preference]:
    """Escribe unas preferencias como petición, preferida y rechazada.

    Parameters
    ----------
    pairs : sequence of StoryPair
        N parejas.
    first : Tensor
        Si se prefirió el primero de cada una, (N,).

    Examples
    --------
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

    Examples
    --------
    >>> same = [Preference("Salude.", "Hola.", "Ya.")] * 4
    >>> [pair.chosen for pair in shuffled_labels(same, torch.Generator().manual_seed(0))]
    ['Ya.', 'Hola.', 'Ya.', 'Ya.']
    """
    swap = (torch.rand(len(preferences), generator=generator) < 0.5).tolist()
    return [
        Preference(prompt, *((rejected, chosen) if swapped else (chosen, rejected)))
        for (prompt, chosen, rejected), swapped in zip(preferences, swap, strict=True)
    ]


def encode_preferences(model: TextModel[LanguageModel], preferences: Sequence[Preference]) -> Pairs:
    """Pasa a tokens unas preferencias; cada respuesta, con su final.

    Parameters
    ----------
    model : TextModel
        El modelo que las va a leer.
    preferences : sequence of Preference
        N preferencias.

    Raises
    ------
    ValueError
        Si no hay ninguna, si dos respuestas de una pareja son iguales, o si alguna está vacía o no cabe en el
        contexto: dice cuál.

    Examples
    --------
    >>> from siguiente.language_models.text import ByteTokenizer
    >>> from siguiente.language_models.uniform import UniformModel
    >>> model = TextModel(UniformModel(258), ByteTokenizer())
    >>> encode_preferences(model, [Preference("¿?", "sí", "no")]).rejected.ids.tolist()
    [[256, 194, 191, 63, 110, 111, 257]]
    """
    for number, pair in enumerate(preferences, 1):
        if pair.chosen == pair.rejected:
            raise ValueError(f"En la preferencia {number} las dos respuestas son iguales: quítela.")
    prompts = [pair.prompt for pair in preferences]
    chosen = encode_answers(model, prompts, [pair.chosen for pair in preferences])
    return Pairs(chosen, encode_answers(model, prompts, [pair.rejected for pair in preferences]))


def shuffled_rows(count: int, batch_size: int, seed: int) -> Iterator[Tensor]:
    """Da sin fin lotes de números de fila, barajados de nuevo en cada época, que da cada uno una vez.

    Parameters
    ----------
    count : int
        Las filas, N.
    batch_size : int
        Las de cada lote; el último de una época puede tener menos.
    seed : int
        Con la misma semilla, los mismos lotes.

    Examples
    --------
    >>> batches = shuffled_rows(3, batch_size=2, seed=0)
    >>> [len(next(batches)) for _ in range(4)]
    [2, 1, 2, 1]
    """
    generator = Generator().manual_seed(seed)
    while True:
        yield from torch.randperm(count, generator=generator).split(batch_size)


def _select(answers: Answers, rows: Tensor) -> Answers:
    width = int((answers.mask[rows] * torch.arange(1, answers.mask.shape[1] + 1)).max())
    return Answers(answers.ids[rows, :width], answers.mask[rows, :width])
