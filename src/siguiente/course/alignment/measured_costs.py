"""Lo que costó un paso de GRPO con varias redes y grupos, medido una vez en un equipo que se nombra."""

from typing import NamedTuple

from siguiente.course.data.packaged import packaged_records


class MeasuredStep(NamedTuple):
    """Lo que costó un caso: una petición por paso, con respuestas de 100 tokens."""

    parameters: int
    """Parámetros de la política."""
    group: int
    """Respuestas por paso, G."""
    step: float
    """Tiempo de procesador de un paso entero, en segundos, en un hilo."""
    writing: float
    """De él, lo que se va en escribir las respuestas."""
    machine: str
    """El equipo."""
    date: str
    """El día."""


def load_measured_steps() -> list[MeasuredStep]:
    """Devuelve las medidas de `benchmarks/alignment_costs.py`, que no se repiten al construir el curso.

    >>> sorted({cost.group for cost in load_measured_steps()})
    [2, 4, 8, 16, 32, 64]
    """
    return packaged_records(MeasuredStep, "measured_costs.csv", "siguiente.course.alignment")
