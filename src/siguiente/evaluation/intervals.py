"""Intervalos: cuánto podría cambiar una cifra si se repitiera la medida."""

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import NamedTuple

import torch
from torch import Generator, Tensor

CONFIDENCE = 0.95
TAIL = (1 - CONFIDENCE) / 2
DRAWS = 4000  # remuestras


class Estimate(NamedTuple):
    """Una cifra y su intervalo de confianza."""

    value: float
    """La cifra medida."""
    low: float
    """El extremo inferior del intervalo."""
    high: float
    """El extremo superior."""

    @property
    def half_width(self) -> float:
        """La mitad de la anchura del intervalo."""
        return (self.high - self.low) / 2


def proportion(successes: int, n: int) -> Estimate:
    """Proporción de `successes` aciertos en `n` intentos, con el intervalo de Wilson.

    A diferencia de :math:`p\\pm z\\sqrt{p(1-p)/n}`, no se sale de [0, 1] ni se hace nulo cuando
    todo son aciertos :cite:p:`wilson1927`.

    >>> [round(x, 3) for x in proportion(8, 10)]
    [0.8, 0.49, 0.943]
    """
    if not 0 <= successes <= n or n < 1:
        raise ValueError(f"Los aciertos deben estar entre 0 y los intentos: {successes} de {n}.")
    z, p = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2), successes / n
    center = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Estimate(p, max(0.0, min(p, center - half)), min(1.0, max(p, center + half)))


def proportions(successes: Tensor) -> list[Estimate]:
    """Una proporción por columna de aciertos (N, K), ceros y unos."""
    return [proportion(int(k), len(successes)) for k in successes.sum(0)]


def mean_interval(values: Tensor) -> Estimate:
    """Media de unas medidas independientes y pocas, (S,), dos al menos, con el intervalo de *Student*.

    Para lo que se repitió con otras semillas: con ocho, remuestrear da intervalos demasiado estrechos.
    :math:`\\bar x \\pm t_{S-1}\\,s/\\sqrt S` :cite:p:`student1908`.

    >>> [round(x, 3) for x in mean_interval(torch.tensor([1.0, 2.0, 3.0]))]
    [2.0, -0.484, 4.484]
    """
    from scipy.stats import t  # type: ignore[import-untyped]

    values = _observed(values)
    half = float(t.ppf(1 - TAIL, len(values) - 1)) * values.std().item() / math.sqrt(len(values))
    mean = values.mean().item()
    return Estimate(mean, mean - half, mean + half)


def widened(estimate: Estimate, error: float) -> Estimate:
    """Una estimación a la que se suma otro error típico, independiente del suyo.

    Para lo que comparten todas las repeticiones, como el punto de que parten: no se ve en lo que varían. Los
    errores se suman en cuadratura.

    >>> [round(x, 2) for x in widened(Estimate(1.0, 0.0, 2.0), 0.5)]
    [1.0, -0.4, 2.4]
    """
    z = NormalDist().inv_cdf(1 - TAIL)
    half = math.hypot(estimate.half_width, z * error)
    return Estimate(estimate.value, estimate.value - half, estimate.value + half)


def apart(one: Estimate, other: Estimate) -> Estimate:
    """Lo que una estimación saca a otra independiente: los errores se suman en cuadratura.

    >>> apart(Estimate(3.0, 0.0, 6.0), Estimate(1.0, -3.0, 5.0))
    Estimate(value=2.0, low=-3.0, high=7.0)
    """
    value, half = one.value - other.value, math.hypot(one.half_width, other.half_width)
    return Estimate(value, value - half, value + half)


def bootstrap(values: Tensor, seed: int = 0) -> Estimate:
    """Media de unas observaciones independientes, (N,), dos al menos, con su intervalo por remuestreo.

    El intervalo va de un cuantil a otro de las medias de las remuestras; con la misma semilla, es el mismo.

    >>> values = torch.tensor([0.0, 1.0] * 50)
    >>> [round(x, 1) for x in bootstrap(values)]
    [0.5, 0.4, 0.6]
    """
    return _resampled(values, Generator().manual_seed(seed))


def bootstrap_columns(values: Tensor, seed: int = 0) -> list[Estimate]:
    """La media de cada columna de (N, K), con su intervalo; las filas son los casos."""
    generator = Generator().manual_seed(seed)
    return [_resampled(column, generator) for column in values.T]


def bootstrap_statistic(
    statistic: Callable[[Tensor], float], n: int, seed: int = 0, draws: int = 400
) -> Estimate:
    """Una cifra que no es una media, como κ o una pendiente, con su intervalo del 95 % por remuestreo.

    `statistic` la calcula de los números de unos casos, (N,), entre los `n` que hay.

    >>> import torch
    >>> lengths = torch.arange(100.0)
    >>> made = bootstrap_statistic(lambda rows: lengths[rows].median().item(), 100)
    >>> made.value, made.low < 49 < made.high
    (49.0, True)
    """
    resamples = torch.randint(n, (draws, n), generator=Generator().manual_seed(seed))
    found = torch.tensor([statistic(rows) for rows in resamples], dtype=torch.double)
    ends = torch.tensor([0.025, 0.975], dtype=torch.double)
    return Estimate(statistic(torch.arange(n)), *found.quantile(ends).tolist())


def paired_bootstrap(a: Tensor, b: Tensor, seed: int = 0) -> Estimate:
    """Media de `b - a`, con su intervalo, cuando ambas, (N,), se midieron sobre los mismos casos.

    Emparejar quita la variación entre casos: el intervalo es más estrecho que el de dos medidas sueltas.

    >>> a = torch.arange(10.0)
    >>> [round(x, 4) for x in paired_bootstrap(a, a + 1)]
    [1.0, 1.0, 1.0]
    """
    if a.shape != b.shape:
        raise ValueError(f"Las medidas no se emparejan: {tuple(a.shape)} y {tuple(b.shape)}.")
    return bootstrap(b - a, seed)


def _resampled(values: Tensor, generator: Generator) -> Estimate:
    values = _observed(values)
    rows = torch.randint(len(values), (DRAWS, len(values)), generator=generator)
    ends = torch.tensor([TAIL, 1 - TAIL], dtype=torch.double)
    return Estimate(values.mean().item(), *values[rows].mean(1).quantile(ends).tolist())


def _observed(values: Tensor) -> Tensor:
    """Comprueba unas observaciones y les da precisión doble."""
    if values.ndim != 1 or len(values) < 2 or not values.isfinite().all():
        raise ValueError("Hacen falta al menos dos observaciones, todas números finitos, en un vector (N,).")
    return values.double()
