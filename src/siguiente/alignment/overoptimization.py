"""La sobreoptimización: cuánto gana, y cuándo pierde, la recompensa verdadera al alejarse del principio."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor


class GainCurve(NamedTuple):
    """Una curva de dos números: lo que gana la recompensa verdadera a cada distancia."""

    a: float
    """Lo que se gana al principio, en puntos por unidad de distancia."""
    b: float
    """Lo que frena; con un valor negativo, la curva no tiene máximo."""
    peak: float
    """La distancia del máximo; infinita si la curva no lo tiene."""
    at: Callable[[Tensor], Tensor]
    """La curva, de distancias, (K,), a lo que se gana, (K,), también a las que no se midieron."""


def fit_best_of_n(distance: Tensor, gain: Tensor) -> GainCurve:
    """Ajusta la curva de lo mejor de n.

    De la raíz de la divergencia KL al modelo de partida, (K,), en raíces de nat, y de cuánto sube la
    recompensa verdadera media, (K,), en puntos: :math:`G(d) = d\\,(a - b\\,d)`, por mínimos cuadrados
    :cite:p:`gao2023overoptimization`. El máximo está en :math:`a / 2b`.

    >>> curve = fit_best_of_n(torch.tensor([0.0, 1.0, 2.0]), torch.tensor([0.0, 2.0, 2.0]))
    >>> [round(value, 4) for value in (curve.a, curve.b, curve.peak, curve.at(torch.tensor(3.0)).item())]
    [3.0, 1.0, 1.5, 0.0]
    """
    a, b = _least_squares(distance, gain, torch.square)
    return GainCurve(a, b, a / (2 * b) if b > 0 else math.inf, lambda d: d * (a - b * d))


def fit_rl(distance: Tensor, gain: Tensor) -> GainCurve:
    """Ajusta la curva del aprendizaje por refuerzo; las medidas son las de :func:`fit_best_of_n`.

    :math:`G(d) = d\\,(a - b \\log d)`, por mínimos cuadrados :cite:p:`gao2023overoptimization`. El máximo
    está en :math:`e^{a/b - 1}`. Su pendiente en el cero es infinita, así que conviene desconfiar de ella a
    distancias pequeñas.

    >>> curve = fit_rl(torch.tensor([0.0, 1.0, math.e]), torch.tensor([0.0, 2.0, math.e]))
    >>> [round(value, 4) for value in (curve.a, curve.b, curve.peak)]
    [2.0, 1.0, 2.7183]
    """
    a, b = _least_squares(distance, gain, lambda d: torch.xlogy(d, d))
    peak = math.exp(min(a / b - 1, 700.0)) if b > 0 else math.inf
    return GainCurve(a, b, peak, lambda d: a * d - b * torch.xlogy(d, d))


def _least_squares(distance: Tensor, gain: Tensor, bend: Callable[[Tensor], Tensor]) -> tuple[float, float]:
    """Los dos coeficientes, de la distancia y de `-bend` de ella, que menos se equivocan."""
    if len(distance[distance > 0].unique()) < 2:
        raise ValueError("Hacen falta al menos dos distancias distintas y positivas.")
    d, target = distance.double(), gain.double()[:, None]
    a, b = torch.linalg.lstsq(torch.stack([d, -bend(d)], 1), target).solution.flatten().tolist()
    return a, b
