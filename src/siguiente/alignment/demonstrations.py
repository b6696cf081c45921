"""Demostraciones: peticiones con su respuesta, en tokens y en lotes."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Generator

from siguiente.alignment.answers import Answers, join_answers
from siguiente.language_models.protocol import LanguageModel
from siguiente.language_models.text import TextModel

__all__ = ["Demonstration", "Demonstrations", "encode_demonstrations", "shuffled_answers"]


class Demonstration(Protocol):
    """Cualquier cosa con una petición y su respuesta."""

    @property
    def prompt(self) -> str: ...  # noqa: D102

    @property
    def completion(self) -> str: ...  # noqa: D102


class Demonstrations(NamedTuple):
    """Unas demostraciones, en tokens."""

    prompts: list[list[int]]
    """N peticiones, con el token de comienzo si lo hay."""
    answers: list[list[int]]
    """N respuestas, con el token de final."""


def encode_demonstrations(
    model: TextModel[LanguageModel], records: Sequence[Demonstration]
) -> Demonstrations:
    """Pasa a tokens unas peticiones y sus respuestas.

    Cada respuesta se corta aparte de su petición, como se leerá al responder. Por eso el espacio que las
    separa, si lo hay, es de la respuesta: en muchos tokenizadores va unido a la palabra.

    Parameters
    ----------
    model : TextModel
        El modelo, de tokenizador con token de final.
    records : sequence of Demonstration
        N peticiones con su respuesta, escritas tal como se leerán.

    Raises
    ------
    ValueError
        Si no hay ninguna, si el tokenizador no tiene token de final, o si una respuesta está vacía o no cabe
        con su petición en el contexto: dice cuál.

    Examples
    --------
    >>> from siguiente.alignment.records import PromptCompletion
    >>> from siguiente.language_models.text import ByteTokenizer
    >>> from siguiente.language_models.uniform import UniformModel
    >>> model = TextModel(UniformModel(258), ByteTokenizer())
    >>> encode_demonstrations(model, [PromptCompletion("1=", "2")])
    Demonstrations(prompts=[[256, 49, 61]], answers=[[50, 257]])
    """
    end, limit, found = model.tokenizer.eos_id, model.model.context_length, Demonstrations([], [])
    if end is None or not records:
        raise ValueError("Hacen falta un token de final, para aprender a callar, y alguna demostración.")
    for number, record in enumerate(records, 1):
        found.prompts.append(model.encode(record.prompt))
        found.answers.append([*model.tokenizer.encode(record.completion), end])
        size = len(found.prompts[-1]) + len(found.answers[-1])
        if not record.completion.strip():
            raise ValueError(f"La demostración {number} no tiene respuesta: complétela o quítela.")
        if limit is not None and size > limit:
            raise ValueError(
                f"La demostración {number} ocupa {size} tokens y en el contexto caben {limit}: acórtela."
            )
    return found


def shuffled_answers(data: Demonstrations, batch_size: int, seed: int) -> Iterator[Answers]:
    """Da sin fin lotes de demostraciones, barajadas de nuevo en cada época, que da cada una una vez.

    Cada lote junta las de longitud parecida, para que haya poco relleno; el orden de los lotes es al azar.

    Parameters
    ----------
    data : Demonstrations
        N demostraciones.
    batch_size : int
        Las de cada lote, B; el último de una época puede tener menos.
    seed : int
        Con la misma semilla, los mismos lotes.

    Examples
    --------
    >>> data = Demonstrations([[1], [1, 2, 3], [2], [4, 5, 6]], [[0]] * 4)
    >>> next(shuffled_answers(data, batch_size=2, seed=1)).ids
    tensor([[1, 0],
            [2, 0]])
    """
    generator = Generator().manual_seed(seed)
    sizes = torch.tensor([len(p) + len(a) for p, a in zip(*data, strict=True)])
    while True:
        mixed = torch.randperm(len(sizes), generator=generator)
        batches = mixed[sizes[mixed].argsort(stable=True)].split(batch_size)
        for place in torch.randperm(len(batches), generator=generator).tolist():
            rows = sorted(batches[place].tolist())
            yield join_answers([data.prompts[row] for row in rows], [data.answers[row] for row in rows])
