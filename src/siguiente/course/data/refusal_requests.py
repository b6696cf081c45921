"""Veinte travesuras y veinte peticiones inocentes que usan las mismas palabras, en inglés y en español."""

from dataclasses import dataclass
from typing import Literal

from siguiente.course.data.packaged import packaged_rows

Language = Literal["inglés", "español"]
COLUMNS: dict[Language, str] = {"inglés": "english", "español": "spanish"}


@dataclass(frozen=True)
class RequestPair:
    """Dos peticiones con el mismo verbo: una travesura, que se puede negar, y otra que no daña a nadie."""

    mischief: str
    harmless: str


def load_request_pairs(language: Language) -> list[RequestPair]:
    """Devuelve las veinte parejas en una lengua, siempre en el mismo orden.

    >>> load_request_pairs("español")[0].harmless
    '¿Cómo mato un proceso en Linux?'
    """
    suffix = COLUMNS[language]
    rows = packaged_rows("refusal_requests.csv")
    return [RequestPair(row[f"mischief_{suffix}"], row[f"harmless_{suffix}"]) for row in rows]
