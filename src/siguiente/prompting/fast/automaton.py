"""De una expresión regular a un autómata finito que lee bytes UTF-8 de uno en uno."""

import re._parser as parser  # type: ignore[import-not-found]
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from siguiente.prompting.fast.regex_syntax import byte_parts, characters, parsed

DEAD, START = 0, 1
LIMIT = 10_000  # estados: con más, el índice de un vocabulario grande no cabría en la memoria
TOO_BIG = "El patrón necesita más de {limit} estados: acorte sus repeticiones o simplifíquelo."
AMBIGUOUS = (
    "El patrón se puede leer de demasiadas maneras: acorte las repeticiones de partes que pueden estar "
    "vacías o que empiezan igual."
)


class Automaton(NamedTuple):
    """Un autómata finito determinista y mínimo; el estado 0 es el muerto, y el 1, el inicial.

    Del muerto no se sale, y desde él nada se acepta.
    """

    table: np.ndarray
    """A qué estado lleva cada byte desde cada estado, (S, 256)."""
    final: np.ndarray
    """En qué estados puede terminar el texto, (S,)."""

    def read(self, data: bytes, state: int = START) -> int:
        """El estado al que se llega al leer unos bytes."""
        for byte in data:
            state = self.table[state, byte]
        return int(state)

    def edges(self) -> dict[tuple[int, int], str]:
        """Los bytes que llevan de un estado vivo a otro, escritos para leerlos: por intervalos.

        >>> automaton("[a-cñ]").edges()
        {(1, 2): 'a–c', (1, 3): 'C3', (3, 2): 'B1'}
        """
        found: dict[tuple[int, int], list[list[int]]] = {}
        for source, byte in zip(*np.nonzero(self.table), strict=True):
            spans = found.setdefault((int(source), int(self.table[source, byte])), [[byte, byte]])
            if byte > spans[-1][1] + 1:
                spans.append([byte, byte])
            spans[-1][1] = byte
        return {pair: ", ".join(map(span_label, spans)) for pair, spans in found.items()}


def span_label(span: Sequence[int]) -> str:
    """Un intervalo de bytes: los de ASCII, como letras; los demás, en hexadecimal."""
    shown = [chr(byte) if 0x20 < byte < 0x7F else f"{byte:02X}" for byte in span]
    return "–".join(dict.fromkeys(shown))


def automaton(pattern: str) -> Automaton:
    """Construye el autómata mínimo que acepta los textos *enteros* que cumplen un patrón.

    El patrón es de los de `re`, sin lo que un autómata no puede comprobar (referencias, miradas alrededor,
    anclas), y describe el texto completo, como en `re.fullmatch`. Primero se hace un autómata con ramas
    para cada parte (construcción de Thompson). Después, otro sin ramas, cuyos estados son conjuntos de
    estados del primero. Al final se funden los indistinguibles.

    >>> machine = automaton("ñ{1,3}")
    >>> machine.table.shape, machine.read("ññ".encode())
    ((8, 256), 5)
    """
    branches = Branches()
    try:
        final = branches.sequence(parsed(pattern), branches.new())
    except RecursionError as error:
        raise ValueError(f"{pattern[:60]!r} tiene demasiados paréntesis unos dentro de otros.") from error
    machine = minimal(*deterministic(branches, final))
    if len(machine.final) == 1:
        raise ValueError(f"Ningún texto cumple el patrón {pattern[:60]!r}: revíselo.")
    return machine


class Branches:
    """Un autómata con ramas: en `moves`, las que leen un byte; en `free`, las que no leen nada."""

    def __init__(self) -> None:
        self.moves: list[list[tuple[int, int, int]]] = []
        self.free: list[list[int]] = []

    def new(self) -> int:
        """Añade un estado."""
        if len(self.free) > 10 * LIMIT:
            raise ValueError(TOO_BIG.format(limit=LIMIT))
        self.moves.append([])
        self.free.append([])
        return len(self.free) - 1

    def sequence(self, items: Iterable[tuple[Any, Any]], state: int) -> int:
        """Añade unas partes, una tras otra, y devuelve el estado en que terminan."""
        for kind, argument in items:
            state = self.part(kind, argument, state)
        return state

    def part(self, kind: Any, argument: Any, state: int) -> int:
        """Añade una parte del patrón a partir de un estado y devuelve aquel en que termina."""
        ranges = characters(kind, argument)
        if ranges is not None:
            return self.character(ranges, state)
        if kind is parser.SUBPATTERN and not argument[1] | argument[2]:
            return self.sequence(argument[3], state)
        if kind is parser.BRANCH:
            return self.join([self.sequence(option, state) for option in argument[1]])
        if kind in (parser.MAX_REPEAT, parser.MIN_REPEAT):
            least, most, items = argument
            return self.repeat(least, most, items, state)
        raise ValueError(
            f"El patrón usa algo que un autómata no comprueba ({kind}): quite las anclas (^, $, \\b), las "
            "referencias (\\1), las miradas alrededor y los modos. El patrón ya describe el texto entero."
        )

    def character(self, ranges: Iterable[tuple[int, int]], state: int) -> int:
        """Añade un carácter, byte a byte; los finales iguales se comparten."""
        tails: dict[tuple[tuple[int, int], ...], int] = {(): self.new()}
        for part in byte_parts(tuple(ranges)):
            for i in range(len(part) - 1, 0, -1):
                if part[i:] not in tails:
                    tails[part[i:]] = self.new()
                    self.moves[-1].append((*part[i], tails[part[i + 1 :]]))
            self.moves[state].append((*part[0], tails[part[1:]]))
        return tails[()]

    def repeat(self, least: int, most: Any, items: Any, state: int) -> int:
        """Añade una repetición: copias obligatorias y, después, un bucle o copias opcionales."""
        state = self.copies(least, items, state)[-1]
        if most is parser.MAXREPEAT:
            hub = self.join([state])
            self.free[self.sequence(items, hub)].append(hub)
            return hub
        return self.join(self.copies(most - least, items, state))

    def copies(self, times: int, items: Any, state: int) -> list[int]:
        """Añade copias seguidas y devuelve dónde terminan; si una no añade nada, las demás tampoco."""
        ends = [state]
        while len(ends) <= times and (end := self.sequence(items, ends[-1])) != ends[-1]:
            ends.append(end)
        return ends

    def join(self, states: Sequence[int]) -> int:
        """Añade un estado al que se llega gratis desde otros."""
        end = self.new()
        for state in states:
            self.free[state].append(end)
        return end

    def closure(self, states: Iterable[int]) -> frozenset[int]:
        """Los estados a los que se llega sin leer nada."""
        found = set(states)
        pending = list(found)
        while pending:
            fresh = set(self.free[pending.pop()]) - found
            found |= fresh
            pending += fresh
        return frozenset(found)


def deterministic(branches: Branches, final: int) -> tuple[list[list[int]], list[bool], list[int]]:
    """Un autómata sin ramas, por la construcción de subconjuntos.

    Da a qué estado lleva, desde cada uno, cada clase de bytes que el patrón no distingue; qué estados son
    finales; y cuántos bytes tiene cada clase.
    """
    moves = [(low, high + 1) for options in branches.moves for low, high, _ in options]
    cuts = sorted({0, 256}.union(*moves))
    where = {cut: i for i, cut in enumerate(cuts)}
    numbers = {frozenset[int](): DEAD, branches.closure([0]): START}
    pending, table, work = deque(numbers), [], 0
    while pending:
        row = [DEAD] * (len(cuts) - 1)
        for first, last, goals in spans(branches.moves[state] for state in pending.popleft()):
            found, width = branches.closure(goals), where[last] - where[first]
            if found not in numbers:
                numbers[found] = len(numbers)
                pending.append(found)
            row[where[first] : where[last]] = [numbers[found]] * width
            work += len(found) * width
        table.append(row)
        if len(numbers) > LIMIT or work > 100 * LIMIT:
            raise ValueError(TOO_BIG.format(limit=LIMIT) if len(numbers) > LIMIT else AMBIGUOUS)
    return table, [final in found for found in numbers], [b - a for a, b in pairwise(cuts)]


def spans(moves: Iterable[Iterable[tuple[int, int, int]]]) -> Iterator[tuple[int, int, list[int]]]:
    """Los tramos de bytes en que unas ramas llevan a lo mismo, en orden: desde dónde, hasta dónde y adónde.

    >>> list(spans([[(97, 99, 5)], [(98, 98, 6)]]))
    [(97, 98, [5]), (98, 99, [5, 6]), (99, 100, [5])]
    """
    opened, closed = dict[int, list[int]](), dict[int, list[int]]()
    for low, high, goal in (move for options in moves for move in options):
        opened.setdefault(low, []).append(goal)
        closed.setdefault(high + 1, []).append(goal)
    going = dict[int, int]()  # adónde se va, y por cuántas ramas
    for start, end in pairwise(sorted({*opened, *closed})):
        for goal in closed.get(start, ()):
            going[goal] -= 1
            if not going[goal]:
                del going[goal]
        for goal in opened.get(start, ()):
            going[goal] = going.get(goal, 0) + 1
        if going:
            yield start, end, [*going]


def distinguished(table: list[list[int]], final: list[bool]) -> list[int]:
    """El grupo de cada estado: dos comparten grupo si desde ambos se aceptan los mismos textos.

    Algoritmo de Hopcroft: se empieza con dos grupos, los finales y los demás, y un grupo se parte cuando un
    byte lleva a unos de sus estados dentro de otro grupo y a los demás, fuera. Los pasos a un estado desde el
    que nada se acepta no se miran: quien no da el mismo paso útil que otro ya se distingue de él.
    """
    useful = accepting(table, final)
    sources = list[dict[int, list[int]]]()
    for column in dict.fromkeys(zip(*table, strict=True)):  # las clases de bytes que van a lo mismo, una vez
        sources.append({})
        for state, goal in enumerate(column):
            if goal in useful:
                sources[-1].setdefault(goal, []).append(state)
    group = [int(accepts) for accepts in final]
    members = [{state for state, accepts in enumerate(final) if accepts == bool(i)} for i in range(2)]
    waiting = {0, 1}
    while waiting:
        splitter = list(members[waiting.pop()])
        for into in sources:
            touched: dict[int, set[int]] = {}
            for source in (source for goal in splitter for source in into.get(goal, ())):
                touched.setdefault(group[source], set()).add(source)
            for number, inside in touched.items():
                outside = members[number] - inside if len(inside) < len(members[number]) else None
                if outside:
                    members[number], small = sorted((inside, outside), key=len, reverse=True)
                    for state in small:
                        group[state] = len(members)
                    waiting.add(len(members))
                    members.append(small)
    return group


def accepting(table: list[list[int]], final: list[bool]) -> set[int]:
    """Los estados desde los que se acepta algún texto."""
    before: dict[int, list[int]] = {}
    for state, row in enumerate(table):
        for goal in set(row):
            before.setdefault(goal, []).append(state)
    found = {state for state, accepts in enumerate(final) if accepts}
    pending = list(found)
    while pending:
        fresh = set(before.get(pending.pop(), ())) - found
        found |= fresh
        pending += fresh
    return found


def minimal(table: list[list[int]], final: list[bool], widths: list[int]) -> Automaton:
    """Funde los estados que no se distinguen y da a cada byte su columna."""
    group = distinguished(table, final)
    numbers = {name: i for i, name in enumerate(dict.fromkeys(group))}
    first = {numbers[name]: state for state, name in reversed(list(enumerate(group)))}
    rows = [[numbers[group[goal]] for goal in table[first[i]]] for i in range(len(numbers))]
    accepts = np.array([final[first[i]] for i in range(len(numbers))])
    return Automaton(np.repeat(np.array(rows, dtype=np.int32), widths, 1), accepts)
