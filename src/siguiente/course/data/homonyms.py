"""Ochenta frases que acaban en una palabra con dos sentidos, y que antes dicen en cuál."""

from dataclasses import dataclass

from siguiente.course.data.packaged import packaged_rows


@dataclass(frozen=True)
class Homonym:
    """Una frase que termina en una palabra de dos sentidos."""

    word: str
    """La palabra con que termina."""
    sense: str
    """Qué significa en ella."""
    part: str
    """``a`` o ``b``: las de una parte no comparten palabras de contenido con las de la otra."""
    text: str
    """La frase, sin punto."""


def load_homonyms() -> list[Homonym]:
    """Devuelve las ochenta frases: de cada palabra y cada sentido, cinco de cada parte.

    >>> load_homonyms()[0].text
    'Los abuelos descansaban a la sombra del árbol, sentados en el banco'
    """
    return [Homonym(**row) for row in packaged_rows("homonyms.csv")]
