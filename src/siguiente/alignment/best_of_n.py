"""Lo mejor de n: escribir varias respuestas y quedarse con la que más puntúa."""

import math

import torch
from torch import Tensor

from siguiente.alignment.masks import check_finite

__all__ = ["best_of_n", "best_of_n_kl", "select_best"]


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
    >>> select_best(torch.tensor([[0.1, 0.9, 0.4], [0.7, 0.2, 0.7]]))
    tensor([1, 0])
    """
    if scores.ndim < 1 or not scores.shape[-1]:
        raise ValueError("Hace falta al menos una respuesta por petición, en un tensor (..., n).")
    check_finite("Las puntuaciones", scores)
    return (scores == scores.amax(-1, keepdim=True)).int().argmax(-1)


def best_of_n(proxy: Tensor, gold: Tensor, n: int) -> Tensor:
    """Lo que vale, de media, la respuesta que más puntúa de n, estimado con N respuestas.

    Parameters
    ----------
    proxy : Tensor
        Con lo que se elige: la puntuación de cada respuesta, (..., N).
    gold : Tensor
        Lo que se mide: la recompensa verdadera de cada una, (..., N). Puede ser la misma.
    n : int
        Entre cuántas se elige, de 1 a N.

    Returns
    -------
    Tensor
        (...), la media exacta sobre los subconjuntos de n, en doble precisión: no tiene sesgo. Con n = 1 es
        la media, el control de elegir al azar.

    Raises
    ------
    ValueError
        Si las formas no coinciden, si n no está entre 1 y N o si algo no es un número finito.

    Notes
    -----
    Una respuesta con :math:`b` por debajo y :math:`e` empatadas con ella, contándola, es la elegida con
    probabilidad :math:`\\bigl[\\binom{b+e}{n} - \\binom bn\\bigr] \\big/ e\\binom Nn`; si nada
    empata, es el estimador de :cite:t:`hilton2022`.

    Examples
    --------
    >>> proxy, gold = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.0, 6.0, 3.0])
    >>> [round(best_of_n(proxy, gold, n).item(), 4) for n in (1, 2, 3)]
    [3.0, 4.0, 3.0]
    """
    if proxy.shape != gold.shape or proxy.ndim < 1:
        raise ValueError(f"Las dos puntuaciones no se emparejan: {tuple(proxy.shape)} y {tuple(gold.shape)}.")
    N = proxy.shape[-1]
    if not 1 <= n <= N:
        raise ValueError(f"Se pidió la mejor de {n} y hay {N} respuestas: `n` debe estar entre 1 y {N}.")
    check_finite("Las puntuaciones", proxy)
    check_finite("Las recompensas", gold)
    ordered, proxy = proxy.sort(-1).values, proxy.contiguous()
    below, upto = (torch.searchsorted(ordered, proxy, right=side) for side in (False, True))  # (..., N)
    within = [math.comb(m, n) / math.comb(N, n) for m in range(N + 1)]  # que las n salgan de las m peores
    chances = torch.tensor(within, dtype=torch.double)
    return ((chances[upto] - chances[below]) / (upto - below) * gold).sum(-1)


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
