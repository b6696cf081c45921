"""Elegir entre varias respuestas: la mejor de n, acertar en k intentos y votar."""

import math
from collections import Counter
from functools import lru_cache
from math import comb

import torch
from torch import Tensor


def best_of_n(proxy: Tensor, gold: Tensor, n: int) -> Tensor:
    """Lo que vale, de media, lo que más puntúa de n intentos, estimado sin sesgo con N: (..., N) -> (...).

    Se elige con `proxy` y se mide con `gold`, que puede ser la misma; si es acertar o no, ceros y unos. Es
    la media exacta sobre los subconjuntos de n; con n = 1, el control de elegir al azar. Un intento con
    :math:`b` por debajo y :math:`e` empatados con él, contándolo, es el elegido con probabilidad
    :math:`\\bigl[\\binom{b+e}{n} - \\binom bn\\bigr] \\big/ e\\binom Nn`; si nada empata, es el estimador de
    :cite:t:`hilton2022`. Si quien puntúa sabe quién acierta, el resultado es
    :func:`siguiente.evaluation.selection.pass_at_k`.

    >>> proxy, gold = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.0, 6.0, 3.0])
    >>> [round(best_of_n(proxy, gold, n).item(), 4) for n in (1, 2, 3)]
    [3.0, 4.0, 3.0]
    """
    N = proxy.shape[-1]
    check_drawn(N, n)
    proxy = proxy.double().contiguous()
    ordered = proxy.sort(-1).values
    below, upto = (torch.searchsorted(ordered, proxy, right=side) for side in (False, True))  # (..., N)
    within = [comb(m, n) / comb(N, n) for m in range(N + 1)]  # que los n salgan de los m peores
    chances = torch.tensor(within, dtype=torch.double)
    return ((chances[upto] - chances[below]) / (upto - below) * gold).sum(-1)


def select_best(scores: Tensor) -> Tensor:
    """Cuál de las n respuestas a cada petición puntúa más, (..., n) -> (...); si empatan, la primera.

    >>> import torch
    >>> select_best(torch.tensor([[0.1, 0.9, 0.4], [0.7, 0.2, 0.7]]))
    tensor([1, 0])
    """
    if not scores.isfinite().all():
        raise ValueError("Hay una puntuación que no es un número finito: revise quién puntúa.")
    return (scores == scores.amax(-1, keepdim=True)).int().argmax(-1)


def best_of_n_kl(n: int) -> float:
    """Lo más que elegir la mejor de n aleja del modelo de partida, en nats.

    :math:`\\log n - \\frac{n-1}{n}`: con infinitas respuestas posibles y sin empates, la divergencia KL
    exacta; si no, una cota :cite:p:`beirami2025`. Crece muy despacio: la mejor de mil, a menos de 6 nats.

    >>> [round(best_of_n_kl(n), 3) for n in (1, 2, 16, 1000)]
    [0.0, 0.193, 1.835, 5.909]
    """
    return math.log(n) - (n - 1) / n


NO_ANSWER = -1  # lo escrito no contiene ninguna respuesta: no vota


def majority(answers: Tensor) -> Tensor:
    """La respuesta más repetida, (..., n) -> (...); si empatan, la que salió antes. `NO_ANSWER` no vota.

    Es la autoconsistencia de :cite:t:`wang2023selfconsistency`. Como el orden de las muestras es azar, dar el
    empate a la primera equivale a sortearlo. Véase :ref:`sec-reasoning`.

    >>> majority(torch.tensor([[65, 55, 65], [7, 8, -1]]))
    tensor([65,  7])
    """
    votes = (answers[..., :, None] == answers[..., None, :]).sum(-1)  # (..., n)
    first = votes.masked_fill(answers == NO_ANSWER, 0).argmax(-1, keepdim=True)  # el primero de los mayores
    return answers.gather(-1, first).squeeze(-1)


def vote_accuracy(answers: Tensor, targets: Tensor, k: int) -> Tensor:
    """Probabilidad, (N,), de que gane la correcta al votar con k de las m respuestas, (N, m).

    Es la media exacta sobre los :math:`\\binom{m}{k}` subconjuntos, y por eso no tiene sesgo: se cuentan las
    maneras de sacar :math:`t` votos correctos y, de cada una de las otras respuestas, no más de :math:`t`. Un
    empate se reparte por igual; `NO_ANSWER` no vota.

    >>> votes, right = torch.tensor([[65, 55, 65]]), torch.tensor([65])
    >>> [round(vote_accuracy(votes, right, k).item(), 4) for k in (1, 2, 3)]
    [0.6667, 0.6667, 1.0]
    """
    check_drawn(answers.shape[1], k)
    rows = []
    for row, target in zip(answers.tolist(), targets.tolist(), strict=True):
        counts = Counter(row)
        right, silent = counts.pop(target, 0), counts.pop(NO_ANSWER, 0)
        rows.append(winning(right, tuple(sorted(counts.values())), silent, k))
    return torch.tensor(rows, dtype=torch.double)


@lru_cache(maxsize=1 << 14)
def winning(right: int, others: tuple[int, ...], silent: int, k: int) -> float:
    """Probabilidad de que ganen las `right` correctas, si votan k de todas y los empates se reparten."""
    wins = 0.0
    for votes in range(1, min(right, k) + 1):
        ways = Counter({(votes, 0): comb(right, votes)})  # (votos sacados, rivales empatados): maneras
        for size in others:
            longer = Counter[tuple[int, int]]()
            for (drawn, tied), count in ways.items():
                for taken in range(min(size, votes, k - drawn) + 1):
                    longer[drawn + taken, tied + (taken == votes)] += count * comb(size, taken)
            ways = longer
        wins += sum(count * comb(silent, k - drawn) / (1 + tied) for (drawn, tied), count in ways.items())
    return wins / comb(right + sum(others) + silent, k)


def pass_at_k(n: int, c: Tensor, k: int) -> Tensor:
    """Probabilidad de que acierte alguna de k respuestas, estimada con n de las que c, (...), son correctas.

    :math:`1 - \\binom{n-c}{k} / \\binom{n}{k}`, el estimador sin sesgo de :cite:t:`chen2021codex`. El que
    parece natural, :math:`1 - (1 - c/n)^k`, se queda corto. Véase :ref:`sec-reasoning-verifier`.

    >>> [round(x, 4) for x in pass_at_k(5, torch.tensor([0, 1, 4]), 2).tolist()]
    [0.0, 0.4, 1.0]
    """
    check_drawn(n, k)
    table = [1 - comb(n - right, k) / comb(n, k) for right in range(n + 1)]
    return torch.tensor(table, dtype=torch.double)[c.long()]


def check_drawn(m: int, k: int) -> None:
    """Comprueba que de m respuestas se pueden sacar k."""
    if not 1 <= k <= m:
        raise ValueError(f"Se pidieron {k} respuestas y hay {m}: `k` debe estar entre 1 y {m}.")
