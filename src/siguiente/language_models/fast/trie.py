"""Un trie de tokens: cada prefijo común de muchos textos se guarda, y se calcula, una sola vez."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from siguiente.language_models.protocol import LanguageModel

# Posiciones con logits por pasada: con V = 262 144, 64 MB.
CHAIN_LIMIT = 64
ROOT = 0


@dataclass
class TokenTrie:
    """Árbol de tokens; el nodo 0 es la raíz, que no lleva token.

    >>> trie = TokenTrie()
    >>> trie.insert([7, 8], wanted_from=1), trie.insert([7, 9], wanted_from=1)
    ([1, 2], [1, 3])
    """

    tokens: list[int] = field(default_factory=lambda: [-1])
    parents: list[int] = field(default_factory=lambda: [-1])
    wanted: list[bool] = field(default_factory=lambda: [False])
    children: list[dict[int, int]] = field(default_factory=lambda: [{}])

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def read_tokens(self) -> int:
        """Los tokens que el modelo tiene que leer, que son los que llevan algo detrás."""
        return sum(map(bool, self.children[1:]))

    def insert(self, ids: Sequence[int], wanted_from: int, node: int = ROOT) -> list[int]:
        """Añade un texto bajo `node` y devuelve sus nodos; se puntuarán desde la posición `wanted_from`."""
        path = []
        for position, token in enumerate(ids):
            node = self.children[node].get(token) or self._add(node, token)
            self.wanted[node] |= position >= wanted_from
            path.append(node)
        return path

    def _add(self, parent: int, token: int) -> int:
        node = self.children[parent][token] = len(self.tokens)
        self.tokens.append(token)
        self.parents.append(parent)
        self.wanted.append(False)
        self.children.append({})
        return node

    def wanted_children(self, node: int) -> list[int]:
        """Hijos de `node` cuya probabilidad se pide."""
        return [child for child in self.children[node].values() if self.wanted[child]]

    def record(self, node: int, logits: Tensor, result: Tensor) -> None:
        """Anota en `result` la probabilidad de los hijos pedidos de `node`, según sus logits, (V,)."""
        if children := self.wanted_children(node):
            result[children] = logits[[self.tokens[child] for child in children]] - logits.logsumexp(-1)

    def chain(self, node: int) -> Iterator[int]:
        """Recorre desde `node` los nodos de un solo hijo; termina en una bifurcación o antes de una hoja."""
        logits = 0
        while self.children[node] and logits < CHAIN_LIMIT:
            yield node
            # Tras el primer nodo pedido, todos cuentan: se piden los logits de un tramo seguido.
            logits += bool(logits or self.wanted_children(node))
            if len(self.children[node]) != 1:
                return
            node = next(iter(self.children[node].values()))


def score_trie(model: LanguageModel, trie: TokenTrie) -> Tensor:
    """Log-probabilidad, en nats, de cada nodo pedido según sus antepasados, (N,); NaN en los demás.

    Cada token interior se lee una vez y las hojas, ninguna: su probabilidad sale de los logits del padre. Un
    hijo de la raíz no tiene predicción y no puede pedirse.

    >>> from siguiente.language_models.protocol import UniformModel
    >>> trie = TokenTrie()
    >>> _ = trie.insert([1, 2, 3], wanted_from=2)
    >>> score_trie(UniformModel(4), trie)
    tensor([    nan,     nan,     nan, -1.3863])
    """
    if trie.wanted_children(ROOT):
        raise ValueError("El primer token no tiene predicción: anteponga el de comienzo.")
    if faster := getattr(model, "score_trie", None):
        logprobs: Tensor = faster(trie)
        return logprobs
    result = torch.full((len(trie),), torch.nan)
    pending: list[tuple[int, Any]] = [(child, None) for child in trie.children[ROOT].values()]
    while pending:
        node, state = pending.pop()
        chain = list(trie.chain(node))
        if chain:
            state = read_chain(model, trie, chain, state, result)
            pending += [(child, state) for child in trie.children[chain[-1]].values()]
    return result


def read_chain(model: LanguageModel, trie: TokenTrie, chain: list[int], state: Any, result: Tensor) -> Any:
    """Lee una cadena de nodos y anota la probabilidad de los hijos pedidos de cada uno."""
    needed = [bool(trie.wanted_children(node)) for node in chain]
    last = len(chain) - needed.index(True) if any(needed) else 1
    logits, state = model.step(torch.tensor([[trie.tokens[node] for node in chain]]), state, last=last)
    for node, row in zip(chain[-last:], logits[0], strict=True):
        trie.record(node, row, result)
    return state
