"""Un patrón, como gramática de llama.cpp (GBNF): los mismos textos, como su servidor los entiende."""

import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Iterable
from typing import Any

from siguiente.prompting.fast.regex_syntax import Range, characters, parsed

SURROGATES = (0xD800, 0xDFFF)  # no se escriben en UTF-8


def gbnf(pattern: str) -> str:
    r"""La gramática de los textos enteros que cumplen un patrón, de los que admite
    :func:`~siguiente.prompting.fast.automaton.automaton`.

    >>> gbnf(r"sí|-?[0-9]{1,3}")
    'root ::= ([\\U00000073] [\\U000000ED] | [\\U0000002D]{0,1} [\\U00000030-\\U00000039]{1,3})'
    """
    return f"root ::= {sequence(parsed(pattern))}"


def sequence(items: Iterable[tuple[Any, Any]]) -> str:
    """Unas partes, una tras otra."""
    return " ".join(part(kind, argument) for kind, argument in items) or '""'


def part(kind: Any, argument: Any) -> str:
    """Una parte del patrón."""
    ranges = characters(kind, argument)
    if ranges is not None:
        return f"[{''.join(map(interval, writable(ranges)))}]"
    if kind is parser.SUBPATTERN and not argument[1] | argument[2]:
        return f"({sequence(argument[3])})"
    if kind is parser.BRANCH:
        return f"({' | '.join(map(sequence, argument[1]))})"
    if kind in (parser.MAX_REPEAT, parser.MIN_REPEAT):
        least, most, inner = argument
        times = f"{{{least},{'' if most is parser.MAXREPEAT else most}}}"
        written = sequence(inner)
        return f"{written if len(inner) == 1 else f'({written})'}{times}"
    raise ValueError(f"El patrón usa algo que una gramática no tiene ({kind}): quítelo.")


def writable(ranges: Iterable[Range]) -> list[Range]:
    """Los mismos intervalos, sin los subrogados."""
    low, high = SURROGATES
    parts = [part for a, b in ranges for part in ((a, min(b, low - 1)), (max(a, high + 1), b))]
    return [(a, b) for a, b in dict.fromkeys(parts) if a <= b]


def interval(pair: Range) -> str:
    """Un intervalo de caracteres, por sus números: así ninguno hay que protegerlo."""
    low, high = (f"\\U{place:08X}" for place in pair)
    return low if low == high else f"{low}-{high}"
