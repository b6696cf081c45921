"""Escribir solo lo que una gramática permite: el autómata de los tokens y su máscara."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from siguiente.language_models.protocol import Tokenizer
from siguiente.language_models.sampling import Adjust
from siguiente.prompting.fast.automaton import DEAD, START, Automaton, automaton

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


class Constraint:
    """Obliga a un modelo a escribir un texto que cumple un patrón, entero y sin nada más.

    El patrón es de los de :func:`~siguiente.prompting.fast.automaton.automaton`. El logit de un token que no
    se admite pasa a :math:`-\\infty`, y la probabilidad de los demás se renormaliza :cite:p:`willard2023`.
    Los tokens especiales no se admiten nunca, salvo el de final donde el texto ya cumple el patrón. Se
    trabaja con bytes, así que vale un token que es media letra. Con `length`, los tokens que se van a pedir,
    no se empieza nada que no dé tiempo a terminar; sin él, una respuesta larga puede quedar cortada.

    >>> from siguiente.language_models.sampling import complete
    >>> from siguiente.language_models.protocol import ByteTokenizer, TextModel
    >>> from siguiente.language_models.protocol import UniformModel
    >>> uniform = TextModel(UniformModel(258), ByteTokenizer())
    >>> constraint = Constraint("(sí|no), señor", uniform.tokenizer, length=12)
    >>> complete(uniform, "¿Sí?", length=12, adjust=constraint.adjust)
    ['no, señor']
    """

    def __init__(self, pattern: str, tokenizer: Tokenizer, length: int | None = None) -> None:
        if tokenizer.eos_id is None:
            raise ValueError("Este tokenizador no tiene token de final: no se sabría dónde termina el texto.")
        self.index = TokenIndex(automaton(pattern), tokenizer_tree(tokenizer))  # type: ignore[arg-type]
        self.eos, self.length = tokenizer.eos_id, np.inf if length is None else length
        self._bytes = tokenizer.token_bytes
        fewest = self.index.fewest[START]
        if fewest == np.inf:
            raise ValueError(f"El vocabulario no puede escribir ningún texto que cumpla {pattern[:60]!r}.")
        if fewest > self.length:
            raise ValueError(f"Hacen falta {fewest:.0f} tokens para cumplir el patrón y se piden {length}.")

    def adjust(self, written: Tensor, logits: Tensor) -> Tensor:
        """Prohíbe, con :math:`-\\infty`, los tokens con que el texto ya no podría cumplir el patrón.

        Los logits son los del token siguiente, (B, V); `written`, los tokens escritos tras el prompt, (B, t).
        """
        rows = np.stack([self.allowed(row) for row in written.tolist()])
        mask = torch.from_numpy(np.pad(rows, ((0, 0), (0, logits.shape[-1] - rows.shape[-1]))))
        return logits.masked_fill(~mask, -torch.inf)

    def allowed(self, written: list[int]) -> np.ndarray:
        """Los tokens que se admiten después de unos, (V,).

        >>> from siguiente.language_models.protocol import ByteTokenizer
        >>> np.flatnonzero(Constraint("a[ñb]?", ByteTokenizer()).allowed([97]))  # ñ son 195 y 177
        array([ 98, 195, 257])
        """
        ended = self.eos in written
        text = written[: written.index(self.eos)] if ended else written
        state = self.index.machine.read(b"".join(map(self._bytes, text)))
        if state == DEAD:
            raise ValueError("Lo escrito no cumple el patrón: restrinja desde el primer token.")
        left = -1 if ended else self.length - len(text) - 1  # tras el final no va nada
        allowed = self.index.allowed(state, left)
        allowed[self.eos] = self.index.machine.final[state]
        return allowed


def watched(adjust: Adjust, masses: list[Tensor]) -> Adjust:
    """Hace lo mismo que `adjust` y apunta en `masses`, por token, la probabilidad de lo que se admite, (B,).

    >>> from siguiente.language_models.protocol import ByteTokenizer
    >>> masses = []
    >>> adjust = watched(Constraint("a|b", ByteTokenizer()).adjust, masses)
    >>> adjusted = adjust(torch.empty(1, 0, dtype=torch.long), torch.zeros(1, 258))
    >>> round(masses[0].item() * 258, 4)
    2.0
    """

    def watching(written: Tensor, logits: Tensor) -> Tensor:
        kept = adjust(written, logits)
        masses.append((kept.logsumexp(-1) - logits.logsumexp(-1)).exp())
        return kept

    return watching
