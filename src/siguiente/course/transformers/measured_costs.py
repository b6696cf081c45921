"""Lo que costó entrenar redes de varios tamaños y contextos, medido una vez en un equipo que se nombra."""

from typing import NamedTuple

from siguiente.course.data.packaged import packaged_records


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
