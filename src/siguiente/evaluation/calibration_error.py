"""Error de calibración: si un modelo acierta tantas veces como dice que acertará."""

from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["Bin", "confidence_bins", "expected_calibration_error"]


class Bin(NamedTuple):
    """Los casos cuya confianza cae en un mismo tramo."""

    confidence: float
    """Confianza media, entre 0 y 1."""
    accuracy: float
    """Proporción de aciertos."""
    cases: int
    """Cuántos casos son."""


def confidence_bins(confidences: Tensor, hits: Tensor, bins: int = 10) -> list[Bin]:
    """Agrupa los casos por su confianza y mide los aciertos de cada grupo.

    Parameters
    ----------
    confidences : Tensor
        (N,), la probabilidad que el modelo dio a su respuesta en cada caso, entre 0 y 1.
    hits : Tensor
        (N,), un cero o un uno por caso: si acertó.
    bins : int
        En cuántos tramos de la misma anchura se corta [0, 1]. Cada uno incluye su extremo superior, y el
        primero, también el cero.

    Returns
    -------
    list of Bin
        De menor a mayor confianza; los tramos vacíos no están.

    Raises
    ------
    ValueError
        Si no hay casos o no se emparejan, si alguna confianza no está entre 0 y 1, si algún acierto no es
        cero o uno, o si no hay tramos.

    Examples
    --------
    >>> import torch
    >>> confidences = torch.tensor([0.25, 0.25, 0.75, 0.75])
    >>> confidence_bins(confidences, torch.tensor([0, 1, 1, 1]), bins=2)
    [Bin(confidence=0.25, accuracy=0.5, cases=2), Bin(confidence=0.75, accuracy=1.0, cases=2)]
    """
    _check(confidences, hits, bins)
    # Los bordes, en la precisión de los datos: un 0,3 de 32 bits no es el 0,3 de 64.
    edges = (torch.arange(1, bins, dtype=torch.double) / bins).to(confidences.dtype)
    places = torch.bucketize(confidences, edges)  # (N,): bordes[i-1] < confianza <= bordes[i]
    groups = [places == place for place in places.unique()]
    return [
        Bin(confidences[group].double().mean().item(), hits[group].double().mean().item(), int(group.sum()))
        for group in groups
    ]


def expected_calibration_error(confidences: Tensor, hits: Tensor, bins: int = 10) -> float:
    """Distancia media entre lo que el modelo dice que acertará y lo que acierta.

    Parameters
    ----------
    confidences, hits, bins
        Como en :func:`confidence_bins`.

    Returns
    -------
    float
        Entre 0 y 1: el error de calibración esperado (*expected calibration error*, ECE).

    Raises
    ------
    ValueError
        Como :func:`confidence_bins`.

    Notes
    -----
    Si el tramo :math:`b` tiene :math:`n_b` de los :math:`N` casos, con exactitud :math:`a_b` y confianza
    media :math:`c_b` :cite:p:`guo2017calibration`,

    .. math:: \\mathrm{ECE} = \\sum_b \\frac{n_b}{N}\\, |a_b - c_b|

    Depende del número de tramos: al partir cada uno en dos nunca baja. Y con pocos casos sale de más, porque
    el valor absoluto convierte en error el azar de cada tramo: un modelo bien calibrado no llega a cero.
    Solo se comparan dos ECE con los mismos tramos y el mismo número de casos. Véase
    :ref:`sec-evaluation-calibration`.

    Examples
    --------
    >>> import torch
    >>> confidences = torch.tensor([0.25, 0.25, 0.75, 0.75])
    >>> expected_calibration_error(confidences, torch.tensor([0, 1, 1, 1]), bins=2)
    0.25
    """
    gaps = (
        n * abs(accuracy - confidence) for confidence, accuracy, n in confidence_bins(confidences, hits, bins)
    )
    return sum(gaps) / len(hits)


def _check(confidences: Tensor, hits: Tensor, bins: int) -> None:
    if confidences.ndim != 1 or confidences.shape != hits.shape or len(hits) == 0:
        raise ValueError(
            f"Hace falta una confianza y un acierto por caso, en vectores (N,): "
            f"{tuple(confidences.shape)} y {tuple(hits.shape)}."
        )
    if not confidences.is_floating_point() or not ((confidences >= 0) & (confidences <= 1)).all():
        raise ValueError(
            "Las confianzas deben ser números de coma flotante entre 0 y 1; no use porcentajes ni logits."
        )
    if not ((hits == 0) | (hits == 1)).all():
        raise ValueError("Cada acierto debe ser un cero o un uno.")
    if bins < 1:
        raise ValueError(f"Hace falta al menos un tramo, y se piden {bins}.")
