"""El modelo uniforme: no sabe nada, y por eso es la línea base de todos los demás."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

__all__ = ["NoState", "UniformModel"]


@dataclass(frozen=True)
class NoState:
    """Estado de un modelo sin memoria."""

    def repeat(self, n: int) -> Self:
        """Devuelve el mismo estado: no hay filas que repetir."""
        return self

    def select(self, rows: Tensor) -> Self:
        """Devuelve el mismo estado: no hay filas que elegir."""
        return self


@dataclass(frozen=True)
class UniformModel:
    """Da a cada token la misma probabilidad, 1/V.

    Parameters
    ----------
    vocab_size : int
        Número de tokens, V.

    Examples
    --------
    >>> import torch
    >>> logits, _ = UniformModel(4).step(torch.tensor([[0, 1]]))
    >>> logits.softmax(-1)
    tensor([[[0.2500, 0.2500, 0.2500, 0.2500]]])
    """

    vocab_size: int
    context_length: int | None = None

    def step(self, ids: Tensor, state: NoState | None = None, last: int = 1) -> tuple[Tensor, NoState]:
        """Devuelve logits nulos, (B, last, V): tras el softmax, todos los tokens pesan lo mismo."""
        return torch.zeros(ids.shape[0], last, self.vocab_size), NoState()
