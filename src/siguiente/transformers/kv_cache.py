"""La caché de un GPT: lo que sus bloques ya calcularon de un texto, para no calcularlo otra vez."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from torch import Tensor


@dataclass(frozen=True, eq=False)
class KVCache:
    """Las claves y los valores, (B, H, T, D), de cada bloque; no cambian: al leer más se hace otra caché.

    >>> import torch
    >>> cache = KVCache(((torch.zeros(1, 2, 5, 4), torch.zeros(1, 2, 5, 4)),))
    >>> cache.length, cache.nbytes, cache.repeat(3).nbytes
    (5, 320, 960)
    """

    layers: tuple[tuple[Tensor, Tensor], ...]

    @property
    def length(self) -> int:
        """Tokens leídos."""
        return self.layers[0][0].shape[2]

    @property
    def nbytes(self) -> int:
        """Bytes que ocupa."""
        return sum(tensor.nbytes for pair in self.layers for tensor in pair)

    def repeat(self, n: int) -> Self:
        """Repite cada fila `n` veces seguidas: (B, ...) pasa a (B·n, ...)."""
        return self._mapped(lambda tensor: tensor.repeat_interleave(n, 0))

    def select(self, rows: Tensor) -> Self:
        """Elige filas por su índice: (B, ...) pasa a (len(rows), ...)."""
        return self._mapped(lambda tensor: tensor.index_select(0, rows))

    def expand(self, rows: int) -> Self:
        """Reparte un prefijo común entre más filas, sin copiarlo: (1, ...) pasa a (B, ...)."""
        return self._mapped(lambda tensor: tensor.expand(rows, -1, -1, -1))

    def _mapped(self, change: Callable[[Tensor], Tensor]) -> Self:
        return type(self)(tuple((change(keys), change(values)) for keys, values in self.layers))
