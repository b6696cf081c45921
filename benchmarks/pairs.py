"""Medir por parejas: lo nuestro y lo otro, por turnos, en la misma ejecución."""

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Benchmark:
    """Dos maneras de hacer lo mismo.

    `goal` es la mayor razón de tiempos (nuestro / otro) que se considera buena, infinita si no hay objetivo;
    `items`, cuántos casos hace cada una, si lo que se compara es el tiempo por caso.
    """

    name: str
    ours: Callable[[], object]
    peer: Callable[[], object]
    goal: float
    repeats: int = 5
    items: tuple[int, int] = (1, 1)


@dataclass(frozen=True)
class Result:
    """Medianas, en segundos por caso, y la mediana de la razón de cada pareja."""

    benchmark: Benchmark
    ours: float
    peer: float
    ratio: float

    @property
    def met(self) -> bool:
        """Si llega a su objetivo."""
        return self.ratio <= self.benchmark.goal

    def cells(self) -> list[str]:
        """Una fila de la tabla."""
        goal = self.benchmark.goal
        numbers = [figure(x) for x in (self.ours, self.peer, self.ratio, goal)]
        met = "—" if math.isinf(goal) else "sí" if self.met else "no"
        return [self.benchmark.name, *numbers, met]


def figure(x: float) -> str:
    """Una cifra con tres decimales, o con los que hagan falta para que se vean dos cifras."""
    from siguiente.course.report.numbers import number

    return "—" if math.isinf(x) else number(x, max(3, 1 - math.floor(math.log10(x))))


def seconds(function: Callable[[], object]) -> float:
    """Tiempo de reloj de una llamada."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def processor_seconds(function: Callable[[], object]) -> float:
    """Tiempo de procesador de una llamada, que no cuenta lo que el equipo dedica a otros."""
    start = time.process_time()
    function()
    return time.process_time() - start


def measure(benchmark: Benchmark) -> Result:
    """Mide las dos por turnos: lo que frene al equipo las frena a ambas."""
    n, m = benchmark.items
    pairs = [(seconds(benchmark.ours) / n, seconds(benchmark.peer) / m) for _ in range(benchmark.repeats)]
    ours, peer = zip(*pairs, strict=True)
    ratio = statistics.median(a / b for a, b in pairs)
    return Result(benchmark, statistics.median(ours), statistics.median(peer), ratio)
