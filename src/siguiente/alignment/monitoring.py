"""Vigilar un entrenamiento sin conocer la recompensa verdadera: cuándo suena una alarma, y lo que acierta."""

import math

import torch
from torch import Tensor


def auroc(bad: Tensor, good: Tensor) -> float:
    """Probabilidad de que, de un entrenamiento malo y uno bueno al azar, el malo parezca más sospechoso.

    De las sospechas de P malos, (P,), y de N buenos, (N,); un empate cuenta la mitad:

    .. math:: \\frac{1}{PN} \\sum_{i,j} \\Bigl([b_i > g_j] + \\tfrac12 [b_i = g_j]\\Bigr)

    Es 0,5 si la sospecha no dice nada, y no depende de ningún umbral. Es también el área bajo la curva ROC,
    que da la detección por cada proporción de falsas alarmas.

    >>> auroc(torch.tensor([3.0, 1.0]), torch.tensor([1.0, 0.0]))
    0.875
    """
    if not len(bad) or not len(good):
        raise ValueError(f"Hacen falta de las dos clases, y hay {len(bad)} malos y {len(good)} buenos.")
    gaps = bad[:, None].double() - good
    return ((gaps > 0).double() + (gaps == 0) / 2).mean().item()


def quiet_threshold(good: Tensor, passing: int = 0) -> float:
    """El umbral que pasan `passing`, como mucho, de los N entrenamientos buenos con que se elige, (N,).

    Uno nuevo como ellos ocupa por azar cualquiera de los N + 1 puestos, y por eso lo pasa con probabilidad
    :math:`\\frac{a+1}{N+1}` o menos, con :math:`a` los que se dejan pasar. No supone ninguna distribución,
    solo que el nuevo sea como los de antes.

    >>> good = torch.tensor([0.25, 0.75, 0.0])
    >>> quiet_threshold(good), quiet_threshold(good, passing=1)
    (0.75, 0.25)
    """
    if not 0 <= passing < len(good):
        raise ValueError(
            f"De {len(good)} entrenamientos no se puede dejar pasar {passing}: deje pasar menos."
        )
    return good.sort(descending=True).values[passing].item()


def first_alarm(suspicion: Tensor, threshold: float) -> Tensor:
    """Cuál de K medidas seguidas es la primera que pasa el umbral, (..., K) -> (...); K, si no suena nunca.

    >>> first_alarm(torch.tensor([[0.1, 0.7, 0.2], [0.1, 0.2, 0.3]]), 0.5)
    tensor([1, 3])
    """
    loud = torch.cat([suspicion > threshold, torch.ones_like(suspicion[..., :1], dtype=torch.bool)], -1)
    return loud.int().argmax(-1)


def votes_below(share: Tensor, labels: int, limit: int) -> Tensor:
    """Probabilidad de que lo nuevo gane, de m comparaciones, `limit` o menos, si gana una parte p: (...).

    Con respuestas independientes, es exacta: :math:`\\sum_{j \\le k} \\binom mj p^j (1-p)^{m-j}`.

    >>> [round(x, 4) for x in votes_below(torch.tensor([0.5, 0.1]), labels=3, limit=0).tolist()]
    [0.125, 0.729]
    """
    won, p = torch.arange(limit + 1, dtype=torch.double), share.double()[..., None]
    ways = math.lgamma(labels + 1) - torch.lgamma(won + 1) - torch.lgamma(labels - won + 1)
    return (ways + torch.xlogy(won, p) + torch.xlogy(labels - won, 1 - p)).exp().sum(-1)


def losing_limit(labels: int, rate: float) -> int:
    """Con cuántos votos, o menos, de m suena la alarma, si ha de sonar en falso a lo sumo `rate` veces.

    Es falsa si lo nuevo y lo viejo gustan lo mismo, :math:`p = 1/2`: el umbral no hay que aprenderlo de otros
    entrenamientos. Es −1, que no suena nunca, si hay tan pocas que ni perderlas todas bastaría.

    >>> losing_limit(20, 0.05), losing_limit(4, 0.05)
    (5, -1)
    """
    half = torch.tensor(0.5)
    limits = (limit for limit in range(labels) if votes_below(half, labels, limit) > rate)
    return next(limits, labels) - 1
