"""Lo que la página del ajuste fino supervisado enseña de sus textos, su registro y sus diferencias."""

from siguiente.course.alignment.spanish_assistant import Registration
from siguiente.evaluation.intervals import Estimate


def beginning(text: str, size: int = 170) -> str:
    """El comienzo de un texto, con puntos suspensivos si no es todo."""
    return text if len(text) <= size else f"{text[:size]}…"


def registered(record: Registration) -> dict[str, str]:
    """Qué se anotó de un ajuste, escrito para una tabla.

    >>> from siguiente.course.alignment.spanish_assistant import load_registration
    >>> registered(load_registration())["pasos"]
    '102, con 1 hilo'
    """
    return {
        "día": f"el {record.date}",
        "procesador": record.machine,
        "pasos": f"{len(record.losses)}, con {record.threads} hilo",
        "orden": record.command,
        "SHA-256": f"{record.sha256[:32]}…",
    }


def points(difference: Estimate) -> Estimate:
    """Una diferencia de proporciones, en puntos porcentuales.

    >>> points(Estimate(0.5, 0.25, 0.75))
    Estimate(value=50.0, low=25.0, high=75.0)
    """
    return Estimate(*(100 * end for end in difference))
