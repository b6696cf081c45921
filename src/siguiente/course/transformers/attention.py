"""Lo que costó la atención según el contexto, escrita a mano y en la versión de PyTorch."""

from collections.abc import Iterable
from typing import Literal

from siguiente.course.transformers.measured_costs import MeasuredCost

_NAMES = {"by hand": "escrita a mano", "fused": "la de PyTorch"}
_SAME_NETWORK = range(800_000, 1_200_000)  # sus parámetros; los cambia solo la tabla de posiciones


def costs_by_context(
    costs: Iterable[MeasuredCost], measure: Literal["microseconds_per_token", "megabytes"]
) -> dict[str, list[tuple[int, float]]]:
    """Una medida de la misma red según el contexto: por atención, pares de tokens y coste, en orden.

    >>> from siguiente.course.transformers.measured_costs import load_measured_costs
    >>> list(costs_by_context(load_measured_costs(), "megabytes"))
    ['escrita a mano', 'la de PyTorch']
    """
    same = [cost for cost in costs if cost.parameters in _SAME_NETWORK]
    return {
        name: sorted((cost.context, getattr(cost, measure)) for cost in same if cost.attention == key)
        for key, name in _NAMES.items()
    }
