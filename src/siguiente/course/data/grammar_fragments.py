"""Los trozos que una gramática puede escribir: todos, y ninguno más."""

import re
from collections.abc import Iterator, Mapping
from itertools import combinations, product
from typing import TypeAlias

from siguiente.course.data.grammar import Choice, Node, Slot, Word

#: Lo que falta por escribir, un nodo y lo que sigue.
Rest: TypeAlias = "tuple[Node, Rest] | None"
#: De cada nombre, las palabras que todavía puede valer.
Bound: TypeAlias = Mapping[str, frozenset[Word]]


def fragments(node: Node, n: int) -> set[str]:
    """Todos los grupos de `n` palabras seguidas de los textos de una plantilla, sin escribir los textos.

    Las palabras son lo que separan los espacios. Cada grupo se empieza en un espacio, o en el comienzo, y
    sigue por todos los caminos de la plantilla hasta tener `n`. De lo ya sorteado se lleva el conjunto de lo
    que puede valer, no cada valor: así son miles de pasos, y no millones.

    >>> from siguiente.course.data.grammar_notation import compile_template
    >>> sorted(fragments(compile_template("[Hola|Adiós], Ana y [Luis|Eva].", {}), 3))
    ['Adiós, Ana y', 'Ana y Eva.', 'Ana y Luis.', 'Hola, Ana y']
    """
    return {
        fragment
        for rest, bound, text in [((node, None), {}, ""), *_starts(node, None)]
        for fragment in _continued(rest, bound, text, n)
    }


def _starts(node: Node, rest: Rest) -> Iterator[tuple[Rest, Bound, str]]:
    """Los sitios de un nodo tras un espacio: lo que sigue, lo que ya se sabe y lo escrito."""
    match node:
        case str():
            for space in re.finditer(" ", node):
                yield rest, {}, node[space.end() :]
        case tuple():
            for place, part in enumerate(node):
                yield from _starts(part, (node[place + 1 :], rest))
        case Choice():
            for option in node.options:
                yield from _starts(option, rest)
        case Slot():
            for surface, bound in _written(node, {}):
                for space in re.finditer(" ", surface):
                    yield rest, bound, surface[space.end() :]


def _continued(rest: Rest, bound: Bound, text: str, n: int) -> Iterator[str]:
    """Los grupos de `n` palabras que empiezan por un texto, según lo que falta por escribir."""
    words = text.split(" ")
    if len(words) > n or rest is None:
        if len(words) >= n:
            yield " ".join(words[:n])
        return
    node, rest = rest
    match node:
        case str():
            yield from _continued(rest, bound, text + node, n)
        case tuple():
            yield from _continued((node[0], (node[1:], rest)) if node else rest, bound, text, n)
        case Choice():
            for option in node.options:
                yield from _continued((option, rest), bound, text, n)
        case Slot():
            for surface, known in _written(node, bound):
                yield from _continued(rest, known, text + surface, n)


def _written(slot: Slot, bound: Bound) -> Iterator[tuple[str, Bound]]:
    """Lo que se puede escribir en un hueco, y lo que entonces se sabe de sus palabras."""
    lists = [bound.get(name, pool) for name, pool in zip(slot.names, slot.pools, strict=True)]
    groups: dict[tuple[object, ...], list[set[Word]]] = {}
    for words in product(*lists):
        alike = (slot.surface(words), *(word.agreement for word in words))
        for group, word in zip(groups.setdefault(alike, [set() for _ in words]), words, strict=True):
            group.add(word)
    for (surface, *_), group in groups.items():  # type: ignore[assignment]
        known = {**bound, **dict(zip(slot.names, map(frozenset, group), strict=True))}  # type: ignore[arg-type]
        if not _repeated(known):
            yield str(surface), known


def _repeated(bound: Bound) -> bool:
    """Dice si dos nombres distintos valdrían lo mismo: lo que se sortea de una lista no se repite."""
    return any(a == b and len(a) == 1 for a, b in combinations(bound.values(), 2))
