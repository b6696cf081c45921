"""Por qué se divide entre la raíz de d: lo que le pasa al softmax cuando sus entradas crecen."""

import math
from typing import NamedTuple

import torch
from torch import Generator, Tensor

__all__ = ["ScoreSample", "sample_scores", "softmax_slack"]


class ScoreSample(NamedTuple):
    """Lo que ocurre con unas consultas y claves al azar."""

    scores: Tensor
    """Productos escalares, (N, K), con una fila por consulta y una columna por clave."""
    top: Tensor
    """El mayor peso de cada consulta, (N,)."""
    slack: Tensor
    """Cuánto se movería el softmax de cada consulta, (N,), según :func:`softmax_slack`."""


def softmax_slack(weights: Tensor) -> Tensor:
    """Traza de la derivada del softmax: cuánto cambian los pesos si cambian sus entradas.

    Parameters
    ----------
    weights : Tensor
        (..., K), pesos que suman uno.

    Returns
    -------
    Tensor
        (...), entre 0, si un peso se lo lleva todo y ya nada se mueve, y 1 - 1/K.

    Notes
    -----
    La derivada de :math:`p=\\mathrm{softmax}(z)` es :math:`\\mathrm{diag}(p)-pp^\\top`, y su traza,
    :math:`1-\\sum_i p_i^2`.

    Examples
    --------
    >>> softmax_slack(torch.tensor([[0.5, 0.5], [1.0, 0.0]]))
    tensor([0.5000, 0.0000])
    """
    return 1 - weights.square().sum(-1)


def sample_scores(dimension: int, queries: int, keys: int, generator: Generator, scaled: bool) -> ScoreSample:
    """Compara consultas y claves de números normales independientes, de media 0 y varianza 1.

    Parameters
    ----------
    dimension : int
        Números por consulta y por clave, D.
    queries, keys : int
        Cuántas consultas, N, y cuántas claves ve cada una, K; cada consulta tiene las suyas.
    generator : torch.Generator
        La fuente de azar.
    scaled : bool
        Si los productos se dividen entre la raíz de D.

    Examples
    --------
    >>> sample = sample_scores(64, 500, 10, torch.Generator().manual_seed(0), scaled=False)
    >>> round(sample.scores.var().item())  # la varianza es la dimensión
    64
    """
    q = torch.randn(queries, 1, dimension, generator=generator)
    k = torch.randn(queries, keys, dimension, generator=generator)
    scores = (q * k).sum(-1) / (math.sqrt(dimension) if scaled else 1)  # (N, K)
    weights = scores.softmax(-1)
    return ScoreSample(scores, weights.amax(-1), softmax_slack(weights))
