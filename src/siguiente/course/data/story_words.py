"""Las palabras de los cuentos, que están en `story_words.toml`: nombres, cosas, lugares, colores."""

import tomllib
from pathlib import Path

from siguiente.course.data.grammar import Word


def noun(text: str, agreement: str, **forms: str) -> Word:
    """Un sustantivo: ``m``, ``f``, ``mp`` o ``fp``, y sus otras formas por nombre."""
    return Word(text, int("f" in agreement), int("p" in agreement), forms=forms)


def nouns(**groups: str) -> tuple[Word, ...]:
    """Varios sustantivos, separados por espacios, en grupos ``m``, ``f``, ``mp`` y ``fp``.

    >>> [word.text for word in nouns(m="auto tren", fp="botas")]
    ['auto', 'tren', 'botas']
    """
    return tuple(noun(text, agreement) for agreement, line in groups.items() for text in line.split())


def words(written: str | dict[str, str] | list[dict[str, str]]) -> tuple[Word, ...]:
    """Una lista del archivo: adjetivos, sustantivos en grupos o sustantivos con otras formas, uno a uno."""
    match written:
        case str():
            return adjectives(written)
        case dict():
            return nouns(**written)
    return tuple(noun(**each) for each in written)


def adjectives(line: str) -> tuple[Word, ...]:
    """Varios adjetivos con sus cuatro formas: en -o, como «rojo», o de dos, como «verde» y «azul».

    >>> adjectives("rojo marrón")[1].agreed
    ('marrón', 'marrón', 'marrones', 'marrones')
    """
    return tuple(Word(text, agreed=_agreed(text)) for text in line.split())


def _agreed(text: str) -> tuple[str, ...]:
    if text.endswith("o"):
        return (text, text[:-1] + "a", text + "s", text[:-1] + "as")
    plural = text + "s" if text[-1] in "aeiou" else text.replace("ó", "o") + "es"
    return (text, text, plural, plural)


_WRITTEN = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf8"))
POOLS = {name: words(written) for name, written in _WRITTEN.items()}
PEOPLE, FAMILY, PETNAMES = POOLS["PEOPLE"], POOLS["FAMILY"], POOLS["PETNAMES"]
ANIMALS, COLORS = POOLS["ANIMALS"], POOLS["COLORS"]
CITIES, DAYS = POOLS["CITIES"], POOLS["DAYS"]
