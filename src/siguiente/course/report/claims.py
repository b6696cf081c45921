"""Afirmaciones: lo que el texto dice de unos números, comprobado o anotado al ejecutar la página.

Hay tres clases. Una **identidad** es matemática: si no se cumple, la página se detiene. Un **efecto** es una
estimación: si no se cumple, la página lo dice y sigue. Un **resultado** no afirma nada: el verbo de su frase
sale del intervalo.
"""

import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self, SupportsFloat

ERRORS_WIDE = 4  # errores estándar que separan un efecto de su umbral
ERRORS_IN_HALF = 1.96  # errores estándar que caben en la mitad de un intervalo del 95 %
VERBS = ("sube", "baja", "no se distingue")


class ClaimError(AssertionError):
    """Una identidad no se cumple con los números calculados."""


@dataclass(frozen=True)
class Record:
    """Lo que la página deja anotado de una frase."""

    kind: str
    """``identity``, ``effect`` o ``reported``."""
    sentence: str
    """La frase, como la lee el lector."""

    relation: ClassVar[str]

    @property
    def met(self) -> bool:
        """Si se cumple en este equipo."""
        raise NotImplementedError

    @property
    def slack(self) -> float | None:
        """Lo que sobra, en márgenes; nada, si no hay margen."""
        return None

    def __post_init__(self) -> None:
        if not self.sentence.strip():
            raise ValueError("Escriba la oración que se comprueba: está vacía.")

    def announced(self) -> Self:
        """La misma, que queda en la lista de la página, se cumpla o no."""
        sys.audit("siguiente.claim", self)
        return self

    def as_dict(self) -> dict[str, Any]:
        """Todo lo anotado, listo para JSON, que no sabe escribir NaN ni infinito: van como texto."""
        values = {name: str(x) if not finite(x) else x for name, x in asdict(self).items()}
        slack = self.slack if finite(self.slack) else None
        return values | {"relation": self.relation, "met": self.met, "slack": slack}


def finite(value: Any) -> bool:
    """Dice si algo no es un número que JSON no tiene."""
    return not isinstance(value, float) or math.isfinite(value)


@dataclass(frozen=True)
class Claim(Record):
    """Una afirmación «menor < mayor», con un margen."""

    smaller: float
    larger: float
    margin: float

    relation: ClassVar[str] = "<"

    @property
    def met(self) -> bool:
        """Si el mayor supera al menor al menos en el margen; con NaN, no."""
        distance = self.larger - self.smaller
        return distance > 0 and distance >= self.margin

    @property
    def slack(self) -> float | None:
        """Lo que sobra, en márgenes."""
        return (self.larger - self.smaller - self.margin) / self.margin if self.margin else None


@dataclass(frozen=True)
class CloseClaim(Record):
    """Una afirmación «valor ≈ esperado», con una tolerancia."""

    value: float
    expected: float
    tolerance: float

    relation: ClassVar[str] = "≈"

    @property
    def met(self) -> bool:
        """Si distan como mucho la tolerancia; con NaN, no."""
        return abs(self.value - self.expected) <= self.tolerance

    @property
    def slack(self) -> float:
        """Lo que sobra, en tolerancias."""
        return (self.tolerance - abs(self.value - self.expected)) / self.tolerance


@dataclass(frozen=True)
class Reported(Record):
    """Una cifra con su intervalo y el verbo que este elige."""

    value: float
    low: float
    high: float
    against: float
    verb: str

    relation: ClassVar[str] = "reported"

    @property
    def met(self) -> bool:
        """Si se pudo medir; no afirma nada más."""
        return not any(math.isnan(x) for x in (self.value, self.low, self.high))


def identity(sentence: str, value: SupportsFloat, expected: SupportsFloat, tolerance: float) -> CloseClaim:
    """Comprueba una igualdad matemática, o con una implementación de referencia; si falla, detiene la página.

    Parameters
    ----------
    sentence : str
        La frase del texto, como la lee el lector.
    value, expected : float
        El número calculado y el que debe salir, en la misma unidad.
    tolerance : float
        La mayor diferencia que explica el redondeo, en esa unidad y mayor que cero.

    Examples
    --------
    >>> identity("Las probabilidades suman uno.", 0.25 + 0.75, 1, tolerance=1e-6).value
    1.0
    """
    tolerance = positive("tolerance", tolerance)
    made = CloseClaim("identity", sentence, plain(value), plain(expected), tolerance).announced()
    if not made.met:
        far = f"{made.value} dista de {made.expected} más de {tolerance}"
        raise ClaimError(f"No se cumple «{sentence}»: {far}.")
    return made


def claim(sentence: str, smaller: SupportsFloat, larger: SupportsFloat, margin: float) -> Claim:
    """Compara dos números: el efecto se cumple si uno supera al otro al menos en un margen; con un NaN, no.

    Parameters
    ----------
    sentence : str
        La frase del texto, como la lee el lector.
    smaller, larger : float
        Los dos números, en la misma unidad; valen los tensores de un solo elemento.
    margin : float
        Mayor que cero, para que la afirmación se cumpla también en otra máquina; entre números enteros, 1.

    Examples
    --------
    >>> claim("El trigrama supera al unigrama.", smaller=0.25, larger=0.5, margin=0.1).met
    True
    """
    margin = positive("margin", margin)
    return Claim("effect", sentence, plain(smaller), plain(larger), margin).announced()


def claim_close(sentence: str, value: SupportsFloat, expected: SupportsFloat, tolerance: float) -> CloseClaim:
    """Compara un número con el que el texto anuncia: el efecto se cumple si no distan más que la tolerancia.

    >>> claim_close("Acierta la mitad.", 0.52, 0.5, tolerance=0.05).met
    True
    """
    tolerance = positive("tolerance", tolerance)
    return CloseClaim("effect", sentence, plain(value), plain(expected), tolerance).announced()


def effect(
    sentence: str,
    estimate: Sequence[SupportsFloat],
    *,
    above: float | None = None,
    below: float | None = None,
) -> Claim:
    """Compara una estimación con un umbral: el efecto se cumple a cuatro errores estándar, o más.

    Parameters
    ----------
    sentence : str
        La frase del texto, como la lee el lector.
    estimate : Estimate
        La cifra con su intervalo del 95 %, cuya mitad son 1,96 errores estándar, sobre la unidad que varía:
        casos, semillas de muestreo o de entrenamiento.
    above, below : float
        El umbral que la cifra debe superar, o aquel bajo el que debe quedar: uno de los dos.

    Examples
    --------
    >>> from siguiente.evaluation.intervals import proportion
    >>> effect("Acierta más de la mitad.", proportion(90, 100), above=0.5).met
    True
    >>> effect("Acierta más de la mitad.", proportion(60, 100), above=0.5).met
    False
    """
    value, low, high = ordered(estimate)
    margin = ERRORS_WIDE * (high - low) / 2 / ERRORS_IN_HALF
    if above is not None and below is None:
        return Claim("effect", sentence, plain(above), value, margin).announced()
    if below is not None and above is None:
        return Claim("effect", sentence, value, plain(below), margin).announced()
    raise ValueError("Dé un umbral y solo uno: `above` o `below`.")


def reported(
    sentence: str,
    estimate: Sequence[SupportsFloat],
    *,
    against: float = 0.0,
    verbs: Sequence[str] = VERBS,
) -> str:
    """Devuelve el verbo que elige el intervalo, sin afirmar nada, y deja anotado el resultado.

    Parameters
    ----------
    sentence : str
        La frase; ``{verb}`` deja el lugar del verbo.
    estimate : Estimate
        La cifra con su intervalo.
    against : float
        El valor con que se compara.
    verbs : sequence of str
        Qué decir si todo el intervalo está por encima, si todo está por debajo y si lo contiene.

    Examples
    --------
    >>> reported("La recompensa {verb}.", (0.5, 0.25, 0.75))
    'sube'
    >>> reported("La recompensa {verb} de la anterior.", (0.5, -0.25, 1.25))
    'no se distingue'
    """
    value, low, high = ordered(estimate)
    if len(verbs) != 3 or not all(verb.strip() for verb in verbs):
        raise ValueError(f"Hacen falta tres verbos, por encima, por debajo y en medio, y hay {list(verbs)}.")
    verb = verbs[0] if low > against else verbs[1] if high < against else verbs[2]
    text = sentence.replace("{verb}", verb)
    return Reported("reported", text, value, low, high, plain(against), verb).announced().verb


def plain(value: SupportsFloat) -> float:
    """Convierte un número en `float`; un valor de verdad no vale, porque no enseña cuánto se cumple."""
    if str(getattr(value, "dtype", type(value).__name__)) in {"bool", "torch.bool"}:
        raise TypeError("Dé los números que se comparan, no el resultado de compararlos.")
    return float(value)


def positive(name: str, value: float) -> float:
    """Devuelve un margen o una tolerancia si es mayor que cero y finito."""
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"`{name}` debe ser mayor que cero y finito, y es {value}.")
    return float(value)


def ordered(estimate: Sequence[SupportsFloat]) -> tuple[float, float, float]:
    """Devuelve una cifra y los extremos de su intervalo, si están en orden."""
    value, low, high = (plain(x) for x in estimate)
    if low > high:
        raise ValueError(f"El intervalo está del revés: va de {low} a {high}.")
    return value, low, high
