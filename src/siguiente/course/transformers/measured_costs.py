"""Lo que costó entrenar redes de varios tamaños y contextos, medido una vez en un equipo que se nombra."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from siguiente.course.data.packaged import packaged_records

NAMES = {"by hand": "escrita a mano", "fused": "la de PyTorch"}
SAME_NETWORK = range(800_000, 1_200_000)  # sus parámetros; los cambia solo la tabla de posiciones


class MeasuredCost(NamedTuple):
    """Lo que costó un caso."""

    attention: str
    """``"fused"``, la atención de PyTorch, o ``"by hand"``, la que guarda todos los pesos."""
    parameters: int
    """Parámetros de la red."""
    context: int
    """Tokens por ventana; cada paso lee siempre 2048 tokens."""
    microseconds_per_token: float
    """Tiempo de procesador de un paso de entrenamiento, por token, en un hilo."""
    megabytes: float
    """Memoria que el entrenamiento añade al proceso."""
    machine: str
    """El equipo."""
    date: str
    """El día."""


def load_measured_costs() -> list[MeasuredCost]:
    """Devuelve las medidas de `benchmarks/gpt_costs.py`, que no se repiten al construir el curso.

    >>> sorted({cost.attention for cost in load_measured_costs()})
    ['by hand', 'fused']
    """
    return packaged_records(MeasuredCost, "measured_costs.csv", "siguiente.course.transformers")


def costs_by_context(
    costs: Iterable[MeasuredCost], measure: Literal["microseconds_per_token", "megabytes"]
) -> dict[str, list[tuple[int, float]]]:
    """Una medida de la misma red según el contexto: por atención, pares de tokens y coste, en orden.

    >>> list(costs_by_context(load_measured_costs(), "megabytes"))
    ['escrita a mano', 'la de PyTorch']
    """
    same = [cost for cost in costs if cost.parameters in SAME_NETWORK]
    return {
        name: sorted((cost.context, getattr(cost, measure)) for cost in same if cost.attention == key)
        for key, name in NAMES.items()
    }
