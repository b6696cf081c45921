"""Las partes de una expresión regular: qué caracteres admite cada una, y con qué bytes se escriben."""

import re
import re._parser as parser  # type: ignore[import-not-found]
import warnings
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

# Se lee con el analizador de Python y no con greenery, que rechaza lo que escribe `re.escape`. Es un módulo
# interno de Python: las pruebas comparan cada patrón con `re.fullmatch`.
LAST = 0x10FFFF
CATEGORIES = {
    parser.CATEGORY_DIGIT: r"\d+",
    parser.CATEGORY_NOT_DIGIT: r"\D+",
    parser.CATEGORY_SPACE: r"\s+",
    parser.CATEGORY_NOT_SPACE: r"\S+",
    parser.CATEGORY_WORD: r"\w+",
    parser.CATEGORY_NOT_WORD: r"\W+",
}
ENCODED_LIMITS = (0x7F, 0x7FF, 0xD7FF, 0xDFFF, 0xFFFF)  # hasta dónde llegan 1, 2 y 3 bytes, y los subrogados
Range = tuple[int, int]


def parsed(pattern: str) -> Any:
    """El árbol de un patrón, como lo entiende Python; no admite modos, como ``(?i)``.

    >>> parsed("ab*")
    [(LITERAL, 97), (MAX_REPEAT, (0, MAXREPEAT, [(LITERAL, 98)]))]
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # otra versión leería distinto sus corchetes
            tree = parser.parse(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        place = getattr(error, "pos", None)
        where = "" if place is None else f", por su carácter {place + 1}"
        raise ValueError(f"{pattern[:60]!r} no es una expresión regular{where}: corríjala.") from error
    if tree.state.flags & ~re.UNICODE:
        raise ValueError(f"{pattern[:60]!r} tiene modos, como (?i): escriba las mayúsculas y minúsculas.")
    return tree


def characters(kind: Any, argument: Any) -> list[Range] | None:
    """Los caracteres que admite una parte de un solo carácter, por intervalos; `None` si no es de esas.

    >>> [characters(*parsed(pattern)[0]) for pattern in ("ñ", "[0-9a]", "a*")]
    [[(241, 241)], [(48, 57), (97, 97)], None]
    """
    if kind is parser.LITERAL:
        return [(argument, argument)]
    if kind is parser.NOT_LITERAL:
        return _outside([(argument, argument)])
    if kind is parser.ANY:
        return _outside([(10, 10)])
    if kind is not parser.IN:
        return None
    parts = [part for part in argument if part[0] is not parser.NEGATE]
    ranges = sorted(found for part in parts for found in _member(*part))
    return _outside(ranges) if len(parts) < len(argument) else ranges


def _member(kind: Any, argument: Any) -> list[Range]:
    """Los caracteres de un elemento de una clase ``[...]``."""
    if kind is parser.CATEGORY:
        return _category(CATEGORIES[argument])
    return [argument if kind is parser.RANGE else (argument, argument)]


@cache
def _category(pattern: str) -> list[Range]:
    """Los caracteres de una categoría: se le pregunta a Python por todos."""
    every = "".join(map(chr, range(LAST + 1)))
    return [(match.start(), match.end() - 1) for match in re.finditer(pattern, every)]


def _outside(ranges: Iterable[Range]) -> list[Range]:
    """Los caracteres que no están en ninguno de unos intervalos ordenados."""
    gaps, start = [], 0
    for low, high in ranges:
        if start < low:
            gaps.append((start, low - 1))
        start = max(start, high + 1)
    return [*gaps, (start, LAST)] if start <= LAST else gaps


@cache
def byte_parts(ranges: tuple[Range, ...]) -> list[tuple[Range, ...]]:
    """Las series de intervalos de bytes de unos caracteres; una repetición las pide muchas veces."""
    return [part for low, high in ranges for part in byte_ranges(low, high)]


def byte_ranges(low: int, high: int) -> Iterator[tuple[Range, ...]]:
    """Parte los caracteres de `low` a `high` en series de intervalos de bytes, en UTF-8.

    Cualquier combinación de los intervalos de una serie es un carácter. Los subrogados, que no se pueden
    escribir en UTF-8, se saltan.

    >>> list(byte_ranges(ord("a"), ord("ñ")))
    [((97, 127),), ((194, 194), (128, 191)), ((195, 195), (128, 177))]
    """
    if low > high or (low >= 0xD800 and high <= 0xDFFF):
        return
    tails = [(1 << 6 * i) - 1 for i in range(1, 4)]
    edges = [edge for edge in ENCODED_LIMITS if low <= edge < high]
    if not edges and high > ENCODED_LIMITS[0]:
        length = len(chr(high).encode())
        split = [tail for tail in tails[: length - 1] if low & ~tail != high & ~tail]
        edges = [low | tail for tail in split if low & tail]
        edges += [(high & ~tail) - 1 for tail in split if high & tail != tail]
    if edges:
        yield from byte_ranges(low, edges[0])
        yield from byte_ranges(edges[0] + 1, high)
    else:
        yield tuple(zip(chr(low).encode(), chr(high).encode(), strict=True))
