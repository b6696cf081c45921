"""Leer muchas ramas de un trie en una sola pasada: cada token atiende solo a sus antepasados."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from siguiente.language_models.fast.trie import ROOT, TokenTrie, read_chain
from siguiente.llm.cache import CacheState, continued_cache

if TYPE_CHECKING:
    from siguiente.llm.pretrained import PretrainedModel

# Tokens por pasada: bastantes para que las matrices rindan, pocos para que la máscara no pese.
PACK_LIMIT = 512
# Vectores ocultos que pasan juntos a logits: con V = 262 144, 128 MB.
LOGITS_LIMIT = 128


def score_trie(model: "PretrainedModel", trie: TokenTrie) -> Tensor:
    """Lo mismo que :func:`siguiente.language_models.fast.trie.score_trie`, con muchas ramas por pasada.

    El tronco común se lee una vez y queda en la caché. Las ramas se ponen en fila en un solo texto, con la
    posición que les toca y una máscara que deja ver a cada token el tronco y sus antepasados, no las ramas
    vecinas. Da un valor por nodo, (N,), en nats; NaN donde no se pidió.
    """
    sizes = _subtree_sizes(trie)
    result = torch.full((len(trie),), torch.nan)
    unread: list[tuple[int, Tensor]] = []
    pending: list[tuple[int, CacheState | None]] = [(ROOT, None)]
    while pending:
        parent, state = pending.pop()
        children = [child for child in trie.children[parent].values() if sizes[child]]
        for pack in _packs([child for child in children if sizes[child] <= PACK_LIMIT], sizes):
            unread += _read_pack(model, trie, pack, state)
            if len(unread) >= LOGITS_LIMIT:
                _record(model, trie, unread, result)
                unread.clear()
        for child in children:
            if sizes[child] > PACK_LIMIT:
                chain = list(trie.chain(child))
                pending.append((chain[-1], read_chain(model, trie, chain, state, result)))
    _record(model, trie, unread, result)
    return result


def _subtree_sizes(trie: TokenTrie) -> list[int]:
    """Cuenta, bajo cada nodo, los que hay que leer: los que tienen hijos."""
    sizes = [0] * len(trie)
    for node in reversed(range(len(trie))):
        sizes[node] += bool(trie.children[node])
        if node != ROOT:
            sizes[trie.parents[node]] += sizes[node]
    return sizes


def _packs(roots: list[int], sizes: list[int]) -> Iterator[list[int]]:
    """Reparte los subárboles, en orden, en grupos de hasta `PACK_LIMIT` tokens."""
    pack: list[int] = []
    for root in roots:
        if pack and sum(sizes[r] for r in pack) + sizes[root] > PACK_LIMIT:
            yield pack
            pack = []
        pack.append(root)
    if pack:
        yield pack


def _read_pack(
    model: "PretrainedModel", trie: TokenTrie, roots: list[int], state: CacheState | None
) -> list[tuple[int, Tensor]]:
    """Lee unos subárboles de una vez; devuelve los nodos con hijos pedidos y su vector oculto, (C,)."""
    nodes = [node for root in roots for node in _interior(trie, root)]
    ids = torch.tensor([[trie.tokens[node] for node in nodes]])
    with torch.inference_mode():
        hidden = _read_tree(model.network, ids, _ancestors(trie, nodes), state)
    return [(node, row) for node, row in zip(nodes, hidden, strict=True) if trie.wanted_children(node)]


def _record(
    model: "PretrainedModel", trie: TokenTrie, unread: list[tuple[int, Tensor]], result: Tensor
) -> None:
    """Anota las probabilidades que salen de unos vectores ocultos."""
    for start in range(0, len(unread), LOGITS_LIMIT):
        nodes, rows = zip(*unread[start : start + LOGITS_LIMIT], strict=True)
        with torch.inference_mode():
            for node, logits in zip(nodes, model.network.lm_head(torch.stack(rows)), strict=True):
                trie.record(node, logits, result)


def _interior(trie: TokenTrie, root: int) -> Iterator[int]:
    """Recorre los nodos con hijos de un subárbol, cada padre antes que sus hijos."""
    stack = [root]
    while stack:
        node = stack.pop()
        if trie.children[node]:
            yield node
            stack += trie.children[node].values()


def _ancestors(trie: TokenTrie, nodes: list[int]) -> Tensor:
    """Máscara (N, N): en cada fila, el propio token y sus antepasados dentro del grupo."""
    place = {node: row for row, node in enumerate(nodes)}
    ancestors = torch.eye(len(nodes), dtype=torch.bool)
    for row, node in enumerate(nodes):
        if (parent := place.get(trie.parents[node])) is not None:
            ancestors[row] |= ancestors[parent]
    return ancestors


def _read_tree(network: Any, ids: Tensor, ancestors: Tensor, state: CacheState | None) -> Tensor:
    """Pasa por la red los tokens (1, N) de un árbol y devuelve sus vectores ocultos (N, C)."""
    positions = ancestors.sum(1) - 1 + (0 if state is None else state.length)
    return network.model(
        input_ids=ids,
        position_ids=positions[None],
        attention_mask=_masks(network.config, ancestors, positions, state),
        past_key_values=continued_cache(network.config, state),
        use_cache=True,
    ).last_hidden_state[0]


def _masks(config: Any, ancestors: Tensor, positions: Tensor, state: CacheState | None) -> Any:
    """Máscara de las capas de atención completa o, si también las hay de ventana, una por clase."""
    types = getattr(config, "layer_types", None) or ["full_attention"]
    windows = {kind: config.sliding_window if kind == "sliding_attention" else None for kind in types}
    masks = {}
    for kind, window in windows.items():
        cached = 0 if state is None else state.layers[types.index(kind)].keys.shape[-2]
        masks[kind] = _mask(ancestors, positions, cached, window)
    return masks if len(masks) > 1 else masks["full_attention"]


def _mask(ancestors: Tensor, positions: Tensor, cached: int, window: int | None) -> Tensor:
    """Máscara aditiva (1, 1, N, cached + N): se ven la caché y los antepasados, dentro de la ventana."""
    n, first = len(ancestors), int(positions.min())
    keys = torch.cat([torch.arange(first - cached, first), positions])
    visible = torch.cat([torch.ones(n, cached, dtype=torch.bool), ancestors], 1)
    if window is not None:
        visible &= positions[:, None] - keys < window
    return torch.zeros(1, 1, *visible.shape).masked_fill(~visible, -torch.inf)
