"""Los 84 tweets en que la marca regala el sector: una filtración a propósito, que se puede quitar."""

import re
from collections.abc import Mapping

from siguiente.course.data.packaged import packaged_rows
from siguiente.prompting.labels import LabelledText

BRANDS = {
    "alimentos": "Tulvaro",
    "automóviles": "Crenzula",
    "bancos": "Jivorne",
    "bebidas": "Palduxo",
    "deportes": "Mekrina",
    "supermercados": "Zorbento",
    "telefonía": "Wendurfa",
}
_PLACEHOLDER = re.compile(r"(^|[.?!]\s)?<brand>")


def load_branded_tweets(brands: Mapping[str, str] = BRANDS) -> list[LabelledText]:
    """Devuelve doce tweets por sector, con la marca del suyo; los sectores se alternan en un orden fijo.

    Con `BRANDS`, saber siete marcas basta para acertar siempre; con ``"la empresa"`` en todos, hay que leer
    el resto; con las marcas cambiadas de sector, se ve quién leía y quién se sabía la tabla.

    >>> load_branded_tweets(dict.fromkeys(BRANDS, "la empresa"))[0].text[:30]
    'La empresa cambió la fórmula s'
    """
    return [
        LabelledText(_fill(row["text"], brands[row["label"]]), row["label"])
        for row in packaged_rows("branded_tweets.csv")
    ]


def _fill(text: str, brand: str) -> str:
    """El texto con la marca en su hueco, que al comienzo de una frase va con mayúscula."""
    capital = brand[:1].upper() + brand[1:]
    return _PLACEHOLDER.sub(lambda slot: brand if slot[1] is None else slot[1] + capital, text)
