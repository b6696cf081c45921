"""Acuerdo entre anotadores: cuánto coinciden dos personas, y cuánto coincidirían por azar."""

import torch
from torch import Tensor

__all__ = ["agreement_rate", "cohen_kappa"]


def agreement_rate(a: Tensor, b: Tensor) -> float:
    """La proporción de casos en que dos anotadores dicen lo mismo.

    Parameters
    ----------
    a, b : Tensor
        (N,), la etiqueta que cada uno puso a cada caso: enteros o booleanos.

    Raises
    ------
    ValueError
        Si no hay casos, si no son los mismos o si las etiquetas no son enteros.

    Examples
    --------
    >>> agreement_rate(torch.tensor([1, 1, 0, 0]), torch.tensor([1, 1, 0, 1]))
    0.75
    """
    _check(a, b)
    return (a == b).double().mean().item()


def cohen_kappa(a: Tensor, b: Tensor) -> float:
    """El acuerdo que no explica el azar: 1 si coinciden siempre; 0 si, como dos monedas.

    Parameters
    ----------
    a, b : Tensor
        Como en :func:`agreement_rate`.

    Returns
    -------
    float
        A lo sumo, 1. Es negativo si coinciden menos que por azar.

    Raises
    ------
    ValueError
        Como :func:`agreement_rate`, y si ambos ponen siempre la misma etiqueta: el azar ya lo explica todo.

    Notes
    -----
    Con un acuerdo observado :math:`p_o` :cite:p:`cohen1960`,

    .. math:: \\kappa = \\frac{p_o - p_e}{1 - p_e}, \\qquad p_e = \\sum_k p_a(k)\\, p_b(k),

    donde :math:`p_e` es lo que coincidirían si cada uno repartiera sus etiquetas en la misma proporción, pero
    al azar. Si casi todas son la misma, un acuerdo muy alto puede dar una :math:`\\kappa` muy baja.

    Examples
    --------
    >>> cohen_kappa(torch.tensor([1, 1, 0, 0]), torch.tensor([1, 1, 0, 1]))
    0.5
    """
    observed = agreement_rate(a, b)
    labels = torch.cat([a, b]).unique()  # (K,)
    if len(labels) == 1:
        raise ValueError(
            "Los dos anotadores ponen siempre la misma etiqueta: coincidirían igual sin leer, y κ no está "
            "definida. Use casos en que haya qué decidir."
        )
    shares = [(one[:, None] == labels).double().mean(0) for one in (a, b)]  # (K,) de cada uno
    expected = (shares[0] @ shares[1]).item()
    return (observed - expected) / (1 - expected)


def _check(a: Tensor, b: Tensor) -> None:
    if a.ndim != 1 or a.shape != b.shape or len(a) == 0:
        raise ValueError(
            f"Hacen falta dos etiquetas por caso, en vectores (N,): {tuple(a.shape)} y {tuple(b.shape)}."
        )
    if a.is_floating_point() or b.is_floating_point():
        raise ValueError("Las etiquetas deben ser enteros o booleanos, no números de coma flotante.")
