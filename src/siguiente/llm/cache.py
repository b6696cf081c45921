"""La caché de claves y valores de un modelo ya entrenado, como un estado que no cambia."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class CacheState:
    """Las claves y los valores, (B, H, T, D), de lo ya leído, capa por capa; no cambian nunca.

    `length` cuenta también el relleno, y `padding`, (B,), cuánto hay por la izquierda en cada fila.
    """

    layers: tuple[Any, ...]
    length: int
    padding: Tensor | None = None

    def repeat(self, n: int) -> Self:
        """Repite cada fila `n` veces seguidas: (B, ...) pasa a (B·n, ...)."""
        return self._mapped(lambda tensor: tensor.repeat_interleave(n, 0))

    def select(self, rows: Tensor) -> Self:
        """Elige filas por su índice: (B, ...) pasa a (len(rows), ...)."""
        return self._mapped(lambda tensor: tensor.index_select(0, rows))

    def _mapped(self, change: Callable[[Tensor], Tensor]) -> Self:
        layers = tuple(copy.copy(layer) for layer in self.layers)
        for layer in layers:
            layer.keys, layer.values = change(layer.keys), change(layer.values)
        return replace(self, layers=layers, padding=None if self.padding is None else change(self.padding))


def continued_cache(config: Any, state: CacheState | None) -> Any:
    """Crea una caché que empieza donde `state` terminó; al crecer, cada capa une tensores en otros nuevos."""
    from transformers.cache_utils import DynamicCache

    cache = DynamicCache(config=config)
    if state is not None and state.layers:
        cache.layers = [copy.copy(layer) for layer in state.layers]
    return cache


def unpadded(padding: Tensor | None, past: int, total: int) -> tuple[Tensor | None, Tensor | None]:
    """Qué posiciones son texto, (B, total), y cuál ocupa cada token nuevo en el suyo, (B, total - past)."""
    if padding is None:
        return None, None
    places = torch.arange(total) - padding[:, None]
    return places >= 0, places[:, past:].clamp(min=0)
