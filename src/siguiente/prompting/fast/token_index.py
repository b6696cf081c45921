"""Los tokens que se admiten en cada estado de un autómata, sin leer el vocabulario entero en cada uno."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from siguiente.language_models.protocol import Tokenizer
from siguiente.prompting.fast.automaton import DEAD, START, Automaton

BYTES = 256


class Level(NamedTuple):
    """Los prefijos de una misma longitud: el último byte de cada uno y cuál es el prefijo sin él."""

    parents: np.ndarray
    last_bytes: np.ndarray


class ByteTree(NamedTuple):
    """Los bytes de un vocabulario como un árbol: lo que varios tokens tienen al comienzo se lee una vez."""

    levels: list[Level]
    """Los prefijos, por longitud, desde 1."""
    nodes: np.ndarray
    """(V,), el nodo de cada token; el 0, que no es de ninguno, para los que no escriben nada."""


def byte_tree(tokens: Iterable[bytes]) -> ByteTree:
    """Construye el árbol de unos tokens, dados por los bytes que escriben.

    Nivel a nivel: los prefijos de n + 1 bytes son las parejas distintas de un prefijo de n y otro byte.

    >>> tree = byte_tree([b"", b"a", b"ab", b"ac", b"a"])
    >>> [len(level.parents) for level in tree.levels], tree.nodes
    ([1, 2], array([0, 1, 2, 3, 1]))
    """
    texts = list(tokens)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    starts, data = lengths.cumsum() - lengths, np.frombuffer(b"".join(texts), np.uint8)
    nodes, levels, offset = np.zeros(len(texts), np.int64), list[Level](), 1
    for depth in range(lengths.max(initial=0)):
        longer = np.flatnonzero(lengths > depth)
        before = 0 if depth == 0 else offset - len(levels[-1].parents)
        pairs, where = np.unique(
            (nodes[longer] - before) * 256 + data[starts[longer] + depth], return_inverse=True
        )
        levels.append(Level(pairs >> 8, pairs & 255))
        nodes[longer] = where + offset
        offset += len(pairs)
    return ByteTree(levels, nodes)


class TokenIndex:
    """Los tokens que admite cada estado y, en `fewest`, (S,), cuántos hacen falta para terminar desde él.

    :cite:t:`willard2023` recorren el autómata con cada token; aquí los tokens que comparten comienzo
    avanzan juntos, y los que dejan de servir se abandonan.

    >>> from siguiente.prompting.fast.automaton import automaton
    >>> index = TokenIndex(automaton("ab*"), byte_tree([b"a", b"b", b"ab", b"ba"]))
    >>> index.allowed(START), index.fewest[START] == 1
    (array([ True, False,  True, False]), np.True_)
    """

    def __init__(self, machine: Automaton, tree: ByteTree) -> None:
        self.machine, self.tree = machine, tree
        self._flat = machine.table.ravel()
        self._size = 1 + sum(len(level.parents) for level in tree.levels)
        self._masks: dict[int, np.ndarray] = {}
        following = self._explore()
        self.fewest = distances(following, machine.final)
        self._worst = {state: self.fewest[goals].max(initial=0) for state, goals in following.items()}

    def goals(self, state: int) -> np.ndarray:
        """A qué estado lleva cada token desde uno, (V,); el muerto, si no se admite."""
        found = np.full(self._size, DEAD)
        before, end = np.array([state]), 1
        for parents, last_bytes in self.tree.levels:
            alive = np.flatnonzero((before != DEAD)[parents])
            if not len(alive):
                break
            start, end = end, end + len(parents)
            found[start:end][alive] = self._flat[before[parents[alive]] * BYTES + last_bytes[alive]]
            before = found[start:end]
        return found[self.tree.nodes]

    def allowed(self, state: int, left: float = np.inf) -> np.ndarray:
        """Los tokens tras los que se puede terminar con otros `left` o menos, (V,)."""
        if left > self._worst[state]:
            return np.unpackbits(self._masks[state], count=len(self.tree.nodes)).view(bool)
        return self.fewest[self.goals(state)] < left + 1

    def _explore(self) -> dict[int, np.ndarray]:
        """De cada estado al que se llega, a cuáles lleva un token más; de paso, apunta los admitidos."""
        following, pending = dict[int, np.ndarray](), [START]
        while pending:
            state = pending.pop()
            if state not in following:
                goals = self.goals(state)
                self._masks[state] = np.packbits(goals != DEAD)
                counts = np.bincount(goals)
                counts[DEAD] = 0
                following[state] = np.flatnonzero(counts)
                pending += following[state].tolist()
        return following


def distances(following: Mapping[int, np.ndarray], final: np.ndarray) -> np.ndarray:
    """Pasos que hay, como poco, de cada estado a uno final, (S,); infinitos, si no se llega.

    >>> distances({1: np.array([1, 2]), 2: np.array([3])}, np.array([False, False, False, True]))
    array([inf,  2.,  1.,  0.])
    """
    before: dict[int, list[int]] = {}
    for state, goals in following.items():
        for goal in goals.tolist():
            before.setdefault(goal, []).append(state)
    steps = np.where(final, 0, np.inf)
    pending = np.flatnonzero(final).tolist()
    for state in pending:  # la lista crece mientras se recorre
        for source in before.get(state, ()):
            if steps[source] == np.inf:
                steps[source] = steps[state] + 1
                pending.append(source)
    return steps


@lru_cache(maxsize=4)
def tokenizer_tree(tokenizer: Tokenizer) -> ByteTree:
    """El árbol de bytes de un tokenizador; el de los últimos que se usaron se recuerda."""
    return byte_tree(tokenizer.token_bytes(token) for token in range(tokenizer.vocab_size))
