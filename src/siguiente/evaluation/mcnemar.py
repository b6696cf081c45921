"""Prueba de McNemar: si dos clasificadores medidos con los mismos casos se distinguen de la suerte."""

from typing import NamedTuple

from torch import Tensor

__all__ = ["McNemar", "mcnemar"]


class McNemar(NamedTuple):
    """Los casos en que solo acierta uno de los dos, y lo raro que sería ese reparto por azar."""

    only_a: int
    """Casos que solo acierta el primero."""
    only_b: int
    """Casos que solo acierta el segundo."""
    p_value: float
    """Probabilidad de un reparto tan desigual, o más, si ambos fueran igual de buenos."""


def mcnemar(a: Tensor, b: Tensor) -> McNemar:
    """Compara los aciertos de `a` y de `b` en los mismos casos.

    Parameters
    ----------
    a, b : Tensor
        (N,), un cero o un uno, o un booleano, por caso: si acertó.

    Returns
    -------
    McNemar
        Los casos que solo acierta cada uno y el valor p, bilateral y exacto.

    Raises
    ------
    ValueError
        Si no hay casos, si no son los mismos en `a` y en `b`, o si hay algo que no sea cero o uno.

    Notes
    -----
    Los casos que ambos aciertan, o que ambos fallan, no dicen cuál es mejor. Si los dos fueran iguales, cada
    uno de los :math:`n` casos restantes caería a un lado o al otro como una moneda. Con :math:`m` casos en el
    lado que menos tiene,

    .. math:: p = \\min\\Bigl(1,\\; 2 \\sum_{k=0}^{m} \\binom{n}{k} 2^{-n}\\Bigr)

    La prueba original aproxima esta suma con una ji al cuadrado :cite:p:`mcnemar1947`; aquí se calcula
    entera, y vale también con pocos casos. Si no hay ninguno, no hay diferencia que explicar y
    :math:`p = 1`. Un valor p pequeño no dice cuánto mejora uno: eso lo dice
    :func:`~siguiente.evaluation.intervals.paired_bootstrap`. Véase :ref:`sec-evaluation-mcnemar`.

    Examples
    --------
    >>> import torch
    >>> first = torch.tensor([1, 1, 0, 0, 0, 0, 0, 0])
    >>> second = torch.tensor([1, 1, 1, 1, 1, 1, 1, 1])
    >>> mcnemar(first, second)
    McNemar(only_a=0, only_b=6, p_value=0.03125)
    """
    _check(a, b)
    only_a = int((a.bool() & ~b.bool()).sum())
    only_b = int((b.bool() & ~a.bool()).sum())
    return McNemar(only_a, only_b, _two_sided(min(only_a, only_b), only_a + only_b))


def _two_sided(least: int, n: int) -> float:
    """Valor p bilateral de `least` caras, las menos frecuentes, en `n` lanzamientos: con enteros, exacto."""
    ways = total = 1
    for k in range(least):
        ways = ways * (n - k) // (k + 1)  # C(n, k + 1) a partir de C(n, k): la división es exacta
        total += ways
    return min(1.0, 2 * total / 2**n)


def _check(a: Tensor, b: Tensor) -> None:
    if a.ndim != 1 or a.shape != b.shape or len(a) == 0:
        raise ValueError(
            f"Los aciertos deben ser dos vectores (N,) de los mismos casos, uno al menos: "
            f"{tuple(a.shape)} y {tuple(b.shape)}."
        )
    if not all(((hits == 0) | (hits == 1)).all() for hits in (a, b)):
        raise ValueError(
            "Cada acierto debe ser un cero o un uno; convierta antes las puntuaciones en aciertos."
        )
