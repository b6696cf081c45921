"""La sobreoptimización: cuánto gana, y cuándo pierde, la recompensa verdadera al alejarse del principio."""

import math
from typing import NamedTuple

import torch
from torch import Tensor


class OveroptimizationFit(NamedTuple):
    """Una curva de dos parámetros ajustada a lo que se gana a cada distancia."""

    alpha: float
    """Lo que se gana al principio, en puntos por unidad de distancia."""
    beta: float
    """Lo que frena; con un valor negativo, la curva no tiene máximo."""
    residuals: Tensor
    """Lo medido menos lo ajustado, (K,)."""
    peak: float
    """La distancia del máximo; infinita si la curva no lo tiene."""


def fit_best_of_n(distance: Tensor, gain: Tensor) -> OveroptimizationFit:
    """Ajusta la curva de lo mejor de n.

    De la raíz de la divergencia KL al modelo de partida, (K,), en raíces de nat, y de cuánto sube la
    recompensa verdadera media, (K,), en puntos: :math:`G(d) = d\\,(\\alpha - \\beta d)`, por mínimos
    cuadrados :cite:p:`gao2023overoptimization`. El máximo está en :math:`\\alpha / 2\\beta`.

    >>> fit = fit_best_of_n(torch.tensor([0.0, 1.0, 2.0]), torch.tensor([0.0, 2.0, 2.0]))
    >>> [round(value, 4) for value in (fit.alpha, fit.beta, fit.peak)]
    [3.0, 1.0, 1.5]
    """
    alpha, beta, residuals = _least_squares(distance, gain, distance.double().square())
    return OveroptimizationFit(alpha, beta, residuals, alpha / (2 * beta) if beta > 0 else math.inf)


def fit_rl(distance: Tensor, gain: Tensor) -> OveroptimizationFit:
    """Ajusta la curva del aprendizaje por refuerzo; las medidas son las de :func:`fit_best_of_n`.

    :math:`G(d) = d\\,(\\alpha - \\beta \\log d)`, por mínimos cuadrados :cite:p:`gao2023overoptimization`. El
    máximo está en :math:`e^{\\alpha/\\beta - 1}`. Su pendiente en el cero es infinita, así que conviene
    desconfiar de ella a distancias pequeñas.

    >>> fit = fit_rl(torch.tensor([0.0, 1.0, math.e]), torch.tensor([0.0, 2.0, math.e]))
    >>> [round(value, 4) for value in (fit.alpha, fit.beta, fit.peak)]
    [2.0, 1.0, 2.7183]
    """
    d = distance.double()
    alpha, beta, residuals = _least_squares(distance, gain, torch.xlogy(d, d))
    peak = math.exp(min(alpha / beta - 1, 700.0)) if beta > 0 else math.inf
    return OveroptimizationFit(alpha, beta, residuals, peak)


def _least_squares(distance: Tensor, gain: Tensor, bend: Tensor) -> tuple[float, float, Tensor]:
    """Los dos coeficientes de `distance` y `-bend` que menos se equivocan, y lo que falta."""
    if len(distance[distance > 0].unique()) < 2:
        raise ValueError("Hacen falta al menos dos distancias distintas y positivas.")
    columns, target = torch.stack([distance.double(), -bend], 1), gain.double()
    weights = torch.linalg.lstsq(columns, target[:, None]).solution.squeeze(1)
    return weights[0].item(), weights[1].item(), target - columns @ weights
