"""Plantillas: un prompt con huecos que se rellenan con textos de otros."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

FIELD = re.compile(r"<(\w+)>")


@dataclass(frozen=True)
class Template:
    """Un texto con huecos escritos como ``<campo>``.

    Lo que se pone en un hueco no se vuelve a interpretar: llaves, comillas, saltos de línea o incluso
    ``<campo>`` dentro de un tweet quedan tal cual. (`str.format` fallaría con una llave.)

    >>> Template("<usuario> publicó: <tweet>").fill({"usuario": "ana", "tweet": "¡{gol}! <usuario>"})
    'ana publicó: ¡{gol}! <usuario>'
    """

    text: str

    @property
    def fields(self) -> frozenset[str]:
        """Los nombres de los huecos."""
        return frozenset(FIELD.findall(self.text))

    def fill(self, values: Mapping[str, str]) -> str:
        """Devuelve el texto con cada hueco relleno; no puede faltar ni sobrar ningún valor."""
        if self.fields != values.keys():
            wanted, given = ", ".join(sorted(self.fields)), ", ".join(sorted(values))
            raise ValueError(f"La plantilla pide los campos ({wanted}) y recibió ({given}).")
        return FIELD.sub(lambda match: values[match[1]], self.text)
