"""Afirmaciones comprobadas: lo que el texto dice de unos números se comprueba al construir la página."""

import math
import sys
from dataclasses import dataclass
from typing import SupportsFloat

__all__ = ["Claim", "ClaimError", "CloseClaim", "claim", "claim_close"]


class ClaimError(AssertionError):
    """Una afirmación del texto no se cumple con los números calculados."""


@dataclass(frozen=True)
class Claim:
    """Una afirmación «menor < mayor» que se cumplió con un margen."""

    sentence: str
    smaller: float
    larger: float
    margin: float


@dataclass(frozen=True)
class CloseClaim:
    """Una afirmación «valor ≈ esperado» que se cumplió con una tolerancia."""

    sentence: str
    value: float
    expected: float
    tolerance: float


def claim(sentence: str, smaller: SupportsFloat, larger: SupportsFloat, margin: float) -> Claim:
    """Comprueba que un número supera a otro al menos en un margen.

    La página que la llama deja la afirmación en la lista de todas las del curso.

    Parameters
    ----------
    sentence : str
        La oración del texto, como la lee el lector.
    smaller, larger : float
        Los dos números, en la misma unidad; valen los tensores de un solo elemento.
    margin : float
        Lo que ``larger`` debe superar a ``smaller``, en esa unidad y mayor que cero: así la afirmación se
        cumple también en otra máquina, donde cambian las últimas cifras. Entre números enteros, 1.

    Returns
    -------
    Claim
        La afirmación cumplida.

    Raises
    ------
    ClaimError
        Si no se cumple, o si algún número no es un número (NaN).
    ValueError
        Si falta la oración o el margen no es mayor que cero y finito.
    TypeError
        Si se da un valor de verdad en lugar de un número.

    Examples
    --------
    >>> made = claim("El trigrama supera al unigrama.", smaller=0.25, larger=0.5, margin=0.1)
    >>> made.larger - made.smaller
    0.25
    >>> claim("Acierta más.", smaller=0.5, larger=0.55, margin=0.1)
    Traceback (most recent call last):
        ...
    siguiente.evaluation.claims.ClaimError: No se cumple «Acierta más.»: 0.55 no supera a 0.5 en 0.1.
    """
    made = Claim(checked(sentence), plain(smaller), plain(larger), positive("margin", margin))
    if not made.larger - made.smaller >= made.margin:
        raise ClaimError(
            f"No se cumple «{sentence}»: {made.larger} no supera a {made.smaller} en {made.margin}."
        )
    sys.audit("siguiente.claim", made)
    return made


def claim_close(sentence: str, value: SupportsFloat, expected: SupportsFloat, tolerance: float) -> CloseClaim:
    """Comprueba que un número está cerca de otro.

    Parameters
    ----------
    sentence : str
        La oración del texto, como la lee el lector.
    value, expected : float
        El número calculado y el que el texto anuncia, en la misma unidad.
    tolerance : float
        La mayor diferencia admitida, en esa unidad y mayor que cero.

    Returns
    -------
    CloseClaim
        La afirmación cumplida.

    Raises
    ------
    ClaimError
        Si la diferencia es mayor, o si algún número no es un número (NaN).
    ValueError
        Si falta la oración o la tolerancia no es mayor que cero y finita.
    TypeError
        Si se da un valor de verdad en lugar de un número.

    Examples
    --------
    >>> claim_close("Las probabilidades suman uno.", 0.25 + 0.75, 1, tolerance=1e-6).value
    1.0
    """
    made = CloseClaim(checked(sentence), plain(value), plain(expected), positive("tolerance", tolerance))
    if not abs(made.value - made.expected) <= made.tolerance:
        raise ClaimError(
            f"No se cumple «{sentence}»: {made.value} dista de {made.expected} más de {tolerance}."
        )
    sys.audit("siguiente.claim", made)
    return made


def checked(sentence: str) -> str:
    """Devuelve la oración si dice algo."""
    if not sentence.strip():
        raise ValueError("Escriba la oración que se comprueba: está vacía.")
    return sentence


def plain(value: SupportsFloat) -> float:
    """Convierte un número en `float`; un valor de verdad no vale, porque no enseña cuánto se cumple."""
    if str(getattr(value, "dtype", type(value).__name__)) in {"bool", "torch.bool"}:
        raise TypeError("Dé los dos números que se comparan, no el resultado de compararlos.")
    return float(value)


def positive(name: str, value: float) -> float:
    """Devuelve un margen o una tolerancia si es mayor que cero y finito."""
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"`{name}` debe ser mayor que cero y finito, y es {value}.")
    return float(value)
