"""Cuánto se gana al quedarse con lo que más puntúa de varios intentos."""

from math import comb

import torch
from torch import Tensor

__all__ = ["best_of_n"]


def best_of_n(proxy: Tensor, gold: Tensor, n: int) -> Tensor:
    """Lo que vale, de media, lo que más puntúa de n intentos, estimado con N.

    Parameters
    ----------
    proxy : Tensor
        Con lo que se elige: la puntuación de cada intento, (..., N).
    gold : Tensor
        Lo que se mide: lo que vale cada uno, (..., N); si es acertar o no, ceros y unos. Puede ser la misma.
    n : int
        Entre cuántos se elige, de 1 a N.

    Returns
    -------
    Tensor
        (...), la media exacta sobre los subconjuntos de n, en doble precisión: no tiene sesgo. Si varios
        empatan, uno al azar; con n = 1 es la media, el control de elegir al azar.

    Raises
    ------
    ValueError
        Si las formas no coinciden, si n no está entre 1 y N o si algo no es un número finito.

    Notes
    -----
    Un intento con :math:`b` por debajo y :math:`e` empatados con él, contándolo, es el elegido con
    probabilidad :math:`\\bigl[\\binom{b+e}{n} - \\binom bn\\bigr] \\big/ e\\binom Nn`; si nada
    empata, es el estimador de :cite:t:`hilton2022`. Si quien puntúa sabe quién acierta, el resultado es
    :func:`siguiente.prompting.voting.pass_at_k`.

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
        raise ValueError(f"Se pidió lo mejor de {n} y hay {N}: `n` debe estar entre 1 y {N}.")
    if not (proxy.isfinite().all() and gold.isfinite().all()):
        raise ValueError("Hay una puntuación que no es un número finito: revise quién puntúa.")
    proxy = proxy.double().contiguous()
    ordered = proxy.sort(-1).values
    below, upto = (torch.searchsorted(ordered, proxy, right=side) for side in (False, True))  # (..., N)
    within = [comb(m, n) / comb(N, n) for m in range(N + 1)]  # que los n salgan de los m peores
    chances = torch.tensor(within, dtype=torch.double)
    return ((chances[upto] - chances[below]) / (upto - below) * gold).sum(-1)
