"""Números como se escriben en español: coma decimal y espacio fino entre millares."""

import math

__all__ = ["interval", "number", "percent"]

THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"


def number(value: float, digits: int = 0) -> str:
    """Escribe un número con `digits` decimales.

    Parameters
    ----------
    value : float
        El número.
    digits : int
        Decimales.

    Returns
    -------
    str
        Con coma decimal, signo menos tipográfico y espacio fino entre millares a partir de cinco cifras.

    Examples
    --------
    >>> number(3.14159, 2), number(1985), number(-0.5, 1)
    ('3,14', '1985', '−0,5')
    >>> number(262144).replace(THIN_SPACE, " ")
    '262 144'
    """
    if math.isnan(value):
        return "sin dato"
    text = f"{value:,.{digits}f}" if abs(value) >= 10_000 else f"{value:.{digits}f}"
    negative = text.startswith("-") and any(c in "123456789" for c in text)
    text = text.lstrip("-").translate({ord(","): THIN_SPACE, ord("."): ","})
    return "\N{MINUS SIGN}" * negative + text


def percent(value: float, digits: int = 0) -> str:
    """Escribe una proporción como porcentaje.

    Examples
    --------
    >>> percent(0.123, 1).replace(THIN_SPACE, " ")
    '12,3 %'
    """
    return f"{number(100 * value, digits)}{THIN_SPACE}%"


def interval(low: float, high: float, digits: int = 2) -> str:
    """Escribe un intervalo entre corchetes, con punto y coma: la coma ya separa los decimales.

    Examples
    --------
    >>> interval(0.25, 0.5)
    '[0,25; 0,50]'
    """
    return f"[{number(low, digits)}; {number(high, digits)}]"
