"""Generar a la vez tras prompts de distinta longitud."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from siguiente.language_models.protocol import LanguageModel, State
from siguiente.language_models.sampling import Adjust, Choose, check_room, tokens

__all__ = ["BatchReader", "generate_batch"]


@runtime_checkable
class BatchReader(Protocol):
    """Un modelo que lee de una pasada prompts de distinta longitud."""

    def read_batch(self, prompts: Sequence[Sequence[int]]) -> tuple[Tensor, State]:
        """Logits (B, 1, V) del token que sigue a cada prompt y el estado, de B filas."""
        ...


def generate_batch(
    model: LanguageModel,
    prompts: Sequence[Sequence[int]],
    length: int,
    choose: Choose,
    eos: int | None = None,
    adjust: Adjust | None = None,
) -> list[list[int]]:
    """Prolonga varios prompts a la vez; sale lo mismo que de uno en uno.

    Parameters
    ----------
    model : LanguageModel
        Cualquier modelo del protocolo. Si es un :class:`BatchReader`, todos van en la misma pasada; si no,
        van juntos los de igual longitud.
    prompts : sequence of sequence of int
        Los tokens de cada prompt.
    length : int
        Máximo de tokens nuevos por prompt.
    choose, adjust
        Los de :func:`~siguiente.language_models.sampling.generate`. Reciben unas filas u otras según el
        modelo: no deben depender del lugar que ocupen. Si `choose` elige al azar, salen muestras de la misma
        distribución, aunque no las mismas que de uno en uno.
    eos : int, optional
        Token de final.

    Returns
    -------
    list of list of int
        Los tokens nuevos de cada prompt, sin el de final ni lo que siga.

    Raises
    ------
    ValueError
        Si no se pide nada, si hay un prompt vacío o si alguno no cabe en el contexto.

    Examples
    --------
    >>> from siguiente.language_models.sampling import greedy
    >>> from siguiente.language_models.uniform import UniformModel
    >>> generate_batch(UniformModel(4), [[1], [2, 3]], length=3, choose=greedy)
    [[0, 0, 0], [0, 0, 0]]
    """
    if length < 1 or not prompts or not all(map(len, prompts)):
        raise ValueError(f"Hacen falta prompts con algún token y `length` de al menos 1; vale {length}.")
    check_room(model, max(map(len, prompts)), length)
    written: dict[int, list[int]] = {}
    for rows in together(model, prompts):
        logits, state = read(model, [prompts[row] for row in rows])
        new = torch.stack(list(tokens(model, logits, state, length, choose, eos, adjust)), 1)
        written |= dict(zip(rows, new.tolist(), strict=True))
    return [row[: row.index(eos)] if eos in row else row for _, row in sorted(written.items())]


def together(model: LanguageModel, prompts: Sequence[Sequence[int]]) -> list[list[int]]:
    """Los prompts que se leen a la vez: todos, o los de igual longitud."""
    if isinstance(model, BatchReader):
        return [list(range(len(prompts)))]
    sizes = sorted({len(prompt) for prompt in prompts})
    return [[row for row, prompt in enumerate(prompts) if len(prompt) == size] for size in sizes]


def read(model: LanguageModel, prompts: Sequence[Sequence[int]]) -> tuple[Tensor, State]:
    """Lee los prompts de una pasada."""
    if isinstance(model, BatchReader):
        return model.read_batch(prompts)
    return model.step(torch.tensor([list(prompt) for prompt in prompts]))
