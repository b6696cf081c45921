"""Plantillas: un prompt con huecos que se rellenan con textos de otros."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["OPENINGS", "QUESTIONS", "TWEET_TEMPLATES", "Template", "TweetTemplate"]

FIELD = re.compile(r"<(\w+)>")


@dataclass(frozen=True)
class Template:
    """Un texto con huecos escritos como ``<campo>``.

    Lo que se pone en un hueco no se vuelve a interpretar: llaves, comillas, saltos de línea o incluso
    ``<campo>`` dentro de un tweet quedan tal cual. (`str.format` fallaría con una llave.)

    Parameters
    ----------
    text : str
        El texto con sus huecos.

    Examples
    --------
    >>> Template("<usuario> publicó: <tweet>").fill({"usuario": "ana", "tweet": "¡{gol}! <usuario>"})
    'ana publicó: ¡{gol}! <usuario>'
    """

    text: str

    @property
    def fields(self) -> frozenset[str]:
        """Los nombres de los huecos."""
        return frozenset(FIELD.findall(self.text))

    def fill(self, values: Mapping[str, str]) -> str:
        """Devuelve el texto con cada hueco relleno.

        Raises
        ------
        ValueError
            Si falta el valor de un hueco o sobra alguno.
        """
        if self.fields != values.keys():
            wanted, given = ", ".join(sorted(self.fields)), ", ".join(sorted(values))
            raise ValueError(f"La plantilla pide los campos ({wanted}) y recibió ({given}).")
        return FIELD.sub(lambda match: values[match[1]], self.text)


@dataclass(frozen=True)
class TweetTemplate:
    """La misma pregunta sobre un tweet en dos formas: libre y con las categorías a la vista."""

    name: str
    free: Template
    listed: Template


OPENINGS = {
    "feed": "El usuario <usuario> publicó en su feed: <tweet>. ",
    "cita": "Tweet de <usuario>: «<tweet>»\n",
}
QUESTIONS = {
    "referencia": (
        "Este tweet hace referencia a",
        "Considerando las categorías ALIMENTACIÓN, DEPORTES y RETAIL, "
        "este tweet hace referencia claramente a",
    ),
    "tema": (
        "El tema de este mensaje es",
        "Las opciones son ALIMENTACIÓN, DEPORTES y RETAIL. El tema de este mensaje es",
    ),
    "trata": (
        "Este mensaje trata sobre",
        "Considerando las categorías ALIMENTACIÓN, DEPORTES y RETAIL, este mensaje trata sobre",
    ),
    "ficha": (
        "Categoría:",
        "Categorías: ALIMENTACIÓN, DEPORTES, RETAIL. Categoría:",
    ),
    "palabra": (
        "En una palabra, habla de",
        "Las opciones son ALIMENTACIÓN, DEPORTES y RETAIL. En una palabra, habla de",
    ),
    "relación": (
        "Este tweet está relacionado con",
        "Las opciones son ALIMENTACIÓN, DEPORTES y RETAIL. Este tweet está relacionado con",
    ),
}

TWEET_TEMPLATES = tuple(
    TweetTemplate(f"{opening}, {question}", Template(start + free), Template(start + listed))
    for opening, start in OPENINGS.items()
    for question, (free, listed) in QUESTIONS.items()
)
