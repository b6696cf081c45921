"""Leer un texto largo a trozos, para que la memoria no crezca con su cuadrado."""

from dataclasses import dataclass

from torch import Tensor

from siguiente.llm.cache import CacheState
from siguiente.llm.pretrained import PretrainedModel

PIECE = 1_024  # tokens de una vez: lo que ocupa la atención es este número por lo que ya se leyó


@dataclass(frozen=True, eq=False)
class PiecewiseModel(PretrainedModel):
    """El mismo modelo, que lee a trozos lo que no necesita leer de una vez."""

    def step(self, ids: Tensor, state: CacheState | None = None, last: int = 1) -> tuple[Tensor, CacheState]:
        """Lo mismo que :meth:`~siguiente.llm.pretrained.PretrainedModel.step`, salvo el redondeo."""
        while ids.shape[1] > max(PIECE, last):
            cut = min(PIECE, ids.shape[1] - last)
            _, state = super().step(ids[:, :cut], state)
            ids = ids[:, cut:]
        return super().step(ids, state, last)


@dataclass(frozen=True, eq=False)
class StepwiseModel(PiecewiseModel):
    """Un modelo de otra familia: no se sabe si leería igual varias ramas juntas, y se leen de una en una."""

    score_trie = None  # type: ignore[assignment]
