"""Números como se escriben en español: coma decimal y espacio fino entre millares."""

import math

THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
PLAIN = range(-3, 7)  # exponentes de diez que se escriben con todas sus cifras


def number(value: float, digits: int = 0) -> str:
    """Escribe un número con `digits` decimales, coma decimal y signo menos tipográfico.

    A partir de cinco cifras, un espacio fino separa los millares.

    >>> number(3.14159, 2), number(1985), number(-0.5, 1)
    ('3,14', '1985', '−0,5')
    """
    if math.isnan(value):
        return "sin dato"
    if math.isinf(value):
        return "∞" if value > 0 else "\N{MINUS SIGN}∞"
    text = f"{value:,.{digits}f}" if abs(value) >= 10_000 else f"{value:.{digits}f}"
    negative = text.startswith("-") and any(c in "123456789" for c in text)
    text = text.lstrip("-").translate({ord(","): THIN_SPACE, ord("."): ","})
    return "\N{MINUS SIGN}" * negative + text


def percent(value: float, digits: int = 0) -> str:
    """Escribe una proporción como porcentaje."""
    return f"{number(100 * value, digits)}{THIN_SPACE}%"


def interval(low: float, high: float, digits: int = 2) -> str:
    """Escribe un intervalo entre corchetes, con punto y coma: la coma ya separa los decimales.

    >>> interval(0.25, 0.5)
    '[0,25; 0,50]'
    """
    return f"[{number(low, digits)}; {number(high, digits)}]"


def significant(value: float, digits: int = 3) -> str:
    """Escribe un número con `digits` cifras significativas; si es muy grande o muy pequeño, con una potencia.

    >>> significant(0.12345), significant(1985), significant(0.5), significant(-4.441e-16)
    ('0,123', '1985', '0,5', '−4,44·10⁻¹⁶')
    """
    if not math.isfinite(value) or value == 0:
        return number(value)
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    exponent = int(power)
    if exponent in PLAIN:
        return trimmed(value, 0 if value == int(value) else max(0, digits - 1 - exponent))
    sign = "\N{MINUS SIGN}" * (value < 0)
    shown = trimmed(abs(float(mantissa)), digits - 1)
    return f"{sign}{'' if shown == '1' else f'{shown}·'}10{str(exponent).translate(SUPERSCRIPTS)}"


def trimmed(value: float, digits: int) -> str:
    """Escribe un número sin los ceros que le sobran detrás de la coma."""
    text = number(value, digits)
    return text.rstrip("0").rstrip(",") if digits else text
