"""La página de la sobreoptimización: los puntos de sus curvas y cómo se escriben sus máximos."""

import math
from collections.abc import Iterable

from torch import Tensor

from siguiente.course.report.numbers import number
from siguiente.evaluation.intervals import bootstrap


def curve_points(
    distances: Iterable[float], gains: Iterable[Tensor]
) -> list[tuple[float, float, float, float]]:
    """Los puntos de una curva: cada distancia, con la media de sus ganancias, (N,), y su intervalo.

    >>> import torch
    >>> curve_points([0, 2], [torch.zeros(9), torch.ones(9)])
    [(0, 0.0, 0.0, 0.0), (2, 1.0, 1.0, 1.0)]
    """
    return [(distance, *bootstrap(gain)) for distance, gain in zip(distances, gains, strict=True)]


def peak_text(peak: float) -> str:
    """Escribe a qué distancia está el máximo de una curva, o que no lo hay si es infinita.

    >>> peak_text(2.71), peak_text(math.inf)
    ('2,7', 'no hay')
    """
    return "no hay" if math.isinf(peak) else number(peak, 1)
