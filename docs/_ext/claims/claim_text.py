"""Una afirmación anotada, dicha en español: su clase, su relación y, si no se cumplió, qué faltó."""

import math
from collections.abc import Mapping
from typing import Any

from siguiente.course.report.numbers import significant

KINDS = {"identity": "identidad", "effect": "efecto", "reported": "resultado"}
PLURALS = {"identity": "Identidades", "effect": "Efectos", "reported": "Resultados"}
CLAIM = "application/vnd.siguiente.claim+json"
NUMBERS = ("smaller", "larger", "margin", "value", "expected", "tolerance", "low", "high", "against")


def claims(notebook: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Las afirmaciones que un cuaderno ejecutado dejó anotadas, en orden."""
    found = (output.get("data", {}) for cell in notebook["cells"] for output in cell.get("outputs", []))
    return [dict(data[CLAIM]) for data in found if CLAIM in data]


def unmet(notebook: Mapping[str, Any]) -> list[str]:
    """Las frases de un cuaderno que no se cumplieron, con lo que faltó."""
    return [f"«{made['sentence']}»: {shortfall(made)}." for made in claims(notebook) if not made["met"]]


def numbers(claim: dict[str, Any]) -> dict[str, float]:
    """Los números de una afirmación; los que JSON no sabe escribir llegan como texto."""
    return {name: float(claim[name]) for name in NUMBERS if name in claim}


def relation(claim: dict[str, Any]) -> str:
    """Escribe los números de una afirmación y lo que se les pide.

    >>> relation({"kind": "effect", "relation": "<", "smaller": 0.25, "larger": 0.5, "margin": 0.1})
    '0,25 < 0,5 (margen 0,1)'
    >>> close = {"relation": "≈", "value": 0.5, "expected": 0.51, "tolerance": 0.02, "met": True}
    >>> relation(close | {"kind": "effect"}), relation(close | {"kind": "identity"})
    ('0,5 ≈ 0,51 (± 0,02)', 'diferencia 0,01 ≤ 0,02')
    >>> relation({"relation": "reported", "value": 2, "low": -1, "high": 5, "against": 0})
    '2 [−1; 5] frente a 0'
    """
    of = numbers(claim)
    if claim["relation"] == "<":
        smaller, larger = told_apart(of["smaller"], of["larger"])
        return f"{smaller} < {larger} (margen {significant(of['margin'])})"
    if claim["relation"] == "reported":
        value, low, high, against = (significant(of[name]) for name in ("value", "low", "high", "against"))
        return f"{value} [{low}; {high}] frente a {against}"
    if claim["kind"] == "identity":
        difference, sign = abs(of["value"] - of["expected"]), "≤" if claim["met"] else ">"
        return f"diferencia {significant(difference)} {sign} {significant(of['tolerance'])}"
    return f"{significant(of['value'])} ≈ {significant(of['expected'])} (± {significant(of['tolerance'])})"


def shortfall(claim: dict[str, Any]) -> str:
    """Dice por qué no se cumplió una afirmación.

    >>> shortfall({"relation": "<", "smaller": 0.01, "larger": 0.003, "margin": 0.05})
    '0,003 no supera a 0,01 en 0,05'
    >>> shortfall({"relation": "≈", "value": 0.43, "expected": 0.5, "tolerance": 0.05})
    '0,43 se aparta de 0,5 más de 0,05'
    """
    of = numbers(claim)
    if any(math.isnan(value) for value in of.values()):
        return "falta un número, que no se pudo calcular"
    if claim["relation"] == "<":
        smaller, larger = told_apart(of["smaller"], of["larger"])
        return f"{larger} no supera a {smaller} en {significant(of['margin'])}"
    value, expected = told_apart(of["value"], of["expected"])
    return f"{value} se aparta de {expected} más de {significant(of['tolerance'])}"


def told_apart(one: float, other: float) -> tuple[str, str]:
    """Escribe dos números con las cifras que hagan falta para verlos distintos, si lo son.

    >>> told_apart(0.12345, 0.12349), told_apart(0.5, 0.5)
    (('0,12345', '0,12349'), ('0,5', '0,5'))
    """
    pairs = ((significant(one, digits), significant(other, digits)) for digits in range(3, 17))
    plain = significant(one), significant(other)
    return plain if one == other else next((pair for pair in pairs if pair[0] != pair[1]), plain)
