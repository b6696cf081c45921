"""Lo mejor de n: escribir varias respuestas y quedarse con la que más puntúa.

Lo que se gana con eso lo estima :func:`siguiente.evaluation.selection.best_of_n`.
"""

import math

from torch import Tensor

from siguiente.alignment.masks import check_finite

__all__ = ["best_of_n_kl", "select_best"]


def select_best(scores: Tensor) -> Tensor:
    """Cuál de las n respuestas a cada petición puntúa más; si empatan, la primera.

    Parameters
    ----------
    scores : Tensor
        (..., n).

    Returns
    -------
    Tensor
        (...), posiciones de 0 a n - 1.

    Raises
    ------
    ValueError
        Si no hay respuestas o alguna puntuación no es un número finito.

    Examples
    --------
    >>> import torch
    >>> select_best(torch.tensor([[0.1, 0.9, 0.4], [0.7, 0.2, 0.7]]))
    tensor([1, 0])
    """
    if scores.ndim < 1 or not scores.shape[-1]:
        raise ValueError("Hace falta al menos una respuesta por petición, en un tensor (..., n).")
    check_finite("Las puntuaciones", scores)
    return (scores == scores.amax(-1, keepdim=True)).int().argmax(-1)


def best_of_n_kl(n: int) -> float:
    """Lo más que elegir la mejor de n aleja del modelo de partida, en nats.

    Raises
    ------
    ValueError
        Si n es menor que 1.

    Notes
    -----
    :math:`\\log n - \\frac{n-1}{n}`: con infinitas respuestas posibles y sin empates, la divergencia KL
    exacta; si no, una cota :cite:p:`beirami2025`. Crece muy despacio: la mejor de mil, a menos de 6 nats.

    Examples
    --------
    >>> [round(best_of_n_kl(n), 3) for n in (1, 2, 16, 1000)]
    [0.0, 0.193, 1.835, 5.909]
    """
    if n < 1:
        raise ValueError(f"`n` debe ser al menos 1 y vale {n}.")
    return math.log(n) - (n - 1) / n
