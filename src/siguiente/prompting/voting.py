"""Preguntar varias veces: votar, quedarse con la mejor respuesta o contar si alguna acierta.

Todo se mide sin sortear: de m respuestas se halla lo que pasaría, de media, con cada k de ellas.
"""

from collections import Counter
from functools import lru_cache
from math import comb

import torch
from torch import Tensor

__all__ = ["NO_ANSWER", "majority", "pass_at_k", "vote_accuracy"]

NO_ANSWER = -1  # lo escrito no contiene ninguna respuesta: no vota


def majority(answers: Tensor) -> Tensor:
    """La respuesta más repetida; si empatan, la que salió antes.

    Parameters
    ----------
    answers : Tensor
        (..., n), un número entero por respuesta; `NO_ANSWER` no vota.

    Returns
    -------
    Tensor
        (...), la ganadora, o `NO_ANSWER` si nadie votó.

    Notes
    -----
    Es la autoconsistencia de :cite:t:`wang2023selfconsistency`. Como el orden de las muestras es azar, dar el
    empate a la primera equivale a sortearlo. Véase :ref:`sec-reasoning`.

    Examples
    --------
    >>> majority(torch.tensor([[65, 55, 65], [7, 8, -1]]))
    tensor([65,  7])
    """
    if answers.ndim < 1 or answers.shape[-1] < 1:
        raise ValueError("Hace falta al menos una respuesta por pregunta, en un tensor (..., n).")
    votes = (answers[..., :, None] == answers[..., None, :]).sum(-1)  # (..., n)
    first = votes.masked_fill(answers == NO_ANSWER, 0).argmax(-1, keepdim=True)  # el primero de los mayores
    return answers.gather(-1, first).squeeze(-1)


def vote_accuracy(answers: Tensor, targets: Tensor, k: int) -> Tensor:
    """Probabilidad de que gane la correcta al votar con k de las m respuestas.

    Parameters
    ----------
    answers : Tensor
        (N, m), enteros; `NO_ANSWER` no vota.
    targets : Tensor
        La respuesta correcta de cada pregunta, (N,).
    k : int
        Cuántas votan, de 1 a m.

    Returns
    -------
    Tensor
        (N,), en [0, 1]. Un empate se reparte por igual.

    Raises
    ------
    ValueError
        Si las formas no casan, si falta alguna respuesta correcta o si k no está entre 1 y m.

    Notes
    -----
    Es la media exacta sobre los :math:`\\binom{m}{k}` subconjuntos, y por eso no tiene sesgo: se cuentan las
    maneras de sacar :math:`t` votos correctos y, de cada una de las otras respuestas, no más de :math:`t`.

    Examples
    --------
    >>> votes, right = torch.tensor([[65, 55, 65]]), torch.tensor([65])
    >>> [round(vote_accuracy(votes, right, k).item(), 4) for k in (1, 2, 3)]
    [0.6667, 0.6667, 1.0]
    """
    if answers.ndim != 2 or targets.shape != answers.shape[:1]:
        raise ValueError(
            f"Se esperaban (N, m) y (N,), y llegaron {tuple(answers.shape)} y {tuple(targets.shape)}."
        )
    if (targets == NO_ANSWER).any():
        raise ValueError(
            f"Hay una respuesta correcta que vale {NO_ANSWER}, y ese número significa «sin respuesta»."
        )
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
    """Probabilidad de que acierte alguna de k respuestas, estimada con n de las que c son correctas.

    Parameters
    ----------
    n : int
        Cuántas respuestas se tienen de cada pregunta.
    c : Tensor
        Cuántas son correctas, (...), enteros de 0 a n.
    k : int
        Cuántas se darían, de 1 a n.

    Returns
    -------
    Tensor
        (...), en [0, 1].

    Raises
    ------
    ValueError
        Si k no está entre 1 y n o si alguna cuenta no está entre 0 y n.

    Notes
    -----
    :math:`1 - \\binom{n-c}{k} / \\binom{n}{k}`, el estimador sin sesgo de :cite:t:`chen2021codex`. El que
    parece natural, :math:`1 - (1 - c/n)^k`, se queda corto. Véase :ref:`sec-reasoning-verifier`.

    Examples
    --------
    >>> [round(x, 4) for x in pass_at_k(5, torch.tensor([0, 1, 4]), 2).tolist()]
    [0.0, 0.4, 1.0]
    """
    check_drawn(n, k)
    if c.is_floating_point() or (c < 0).any() or (c > n).any():
        raise ValueError(f"Los aciertos deben ser enteros entre 0 y las {n} respuestas de cada pregunta.")
    table = [1 - comb(n - right, k) / comb(n, k) for right in range(n + 1)]
    return torch.tensor(table, dtype=torch.double)[c.long()]


def check_drawn(m: int, k: int) -> None:
    """Comprueba que de m respuestas se pueden sacar k."""
    if not 1 <= k <= m:
        raise ValueError(f"Se pidieron {k} respuestas y hay {m}: `k` debe estar entre 1 y {m}.")
