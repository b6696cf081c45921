"""Recordar: qué probabilidad da un modelo a un nombre que ya salió, según lo lejos que quedó."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from siguiente.language_models.gru import GRU
from siguiente.language_models.protocol import LanguageModel, Tokenizer


class Recall(NamedTuple):
    """Las veces que un nombre vuelve a salir en un texto."""

    distance: Tensor
    """Tokens desde la última vez que salió, (K,)."""
    probability: Tensor
    """La que el modelo le da si lo que viene es un nombre, (K,)."""


def word_numbers(tokenizer: Tokenizer, words: Sequence[str]) -> Tensor:
    """Por token, (V,), qué palabra de la lista es, con espacio delante o sin él; -1 si no es ninguna.

    >>> from siguiente.language_models.words import WordTokenizer
    >>> tokenizer = WordTokenizer.from_texts(["Ana ve a Ana y a Luis"])
    >>> word_numbers(tokenizer, ["Ana", "Luis"])[257:].tolist(), tokenizer.words
    ([-1, 0, 1, -1, -1, 0], (' a', ' Ana', ' Luis', ' ve', ' y', 'Ana'))
    """
    numbers = torch.full((tokenizer.vocab_size,), -1)
    for number, word in enumerate(words):
        for ids in (tokenizer.encode(word), tokenizer.encode(" " + word)):
            if len(ids) == 1:
                numbers[ids[0]] = number
    return numbers


def name_returns(ids: Tensor, names: Tensor) -> Iterator[tuple[int, int]]:
    """De cada nombre que vuelve a salir en un texto, (T,): dónde, y a cuántos tokens de la última vez.
    `names` es como el de :func:`recall`.

    >>> list(name_returns(torch.tensor([0, 1, 3, 1]), names=torch.tensor([-1, 0, 1, -1])))
    [(3, 2)]
    """
    last = dict[int, int]()
    for t, name in enumerate(names[ids].tolist()):
        if name in last:
            yield t, t - last[name]
        if name >= 0:
            last[name] = t


def recall(model: LanguageModel, ids: Tensor, names: Tensor) -> Recall:
    """Busca los nombres repetidos de un texto, (T,), y mide si el modelo los esperaba.
    Por token del vocabulario, `names`, (V,), tiene el número de su nombre, el mismo con espacio delante y sin
    él, o -1. La probabilidad se reparte entre los nombres: así solo cuenta cuál esperaba el modelo,

    .. math:: \\frac{\\sum_{v \\in g} p(v \\mid x_{<t})}{\\sum_{v \\in \\text{nombres}} p(v \\mid x_{<t})}.

    No cuentan las veces en que el modelo da probabilidad 0 a todos los nombres: no prefiere ninguno.

    >>> from siguiente.language_models.protocol import UniformModel
    >>> recall(UniformModel(4), torch.tensor([0, 1, 3, 1]), names=torch.tensor([-1, 0, 1, -1]))
    Recall(distance=tensor([2]), probability=tensor([0.5000]))
    """
    logits, _ = model.step(ids[None, :-1], last=len(ids) - 1)
    chances = logits[0].softmax(-1)  # (T - 1, V)
    found = []
    for t, distance in name_returns(ids, names):
        p = chances[t - 1]
        if total := p[names >= 0].sum().item():
            found.append((distance, p[names == names[ids[t]]].sum().item() / total))
    return Recall(torch.tensor([d for d, _ in found]), torch.tensor([p for _, p in found]))


def within(recalls: list[Recall], low: int, high: int) -> Tensor:
    """La media de cada texto en las distancias de `low` a `high`, sin los textos que no tienen ninguna.

    >>> within([Recall(torch.tensor([3, 9, 4]), torch.tensor([0.5, 0.2, 1.0]))], low=1, high=5)
    tensor([0.7500])
    """
    chosen = [r.probability[(r.distance >= low) & (r.distance <= high)] for r in recalls]
    means = [p.mean() for p in chosen if len(p)]
    return torch.stack(means) if means else torch.empty(0)


@torch.inference_mode()
def states_after_name(
    network: GRU, texts: Sequence[Tensor], names: Tensor, age: int
) -> tuple[Tensor, Tensor]:
    """Los estados, (N, H), `age` tokens después del primer nombre de cada texto, y qué nombre era, (N,).

    Sin los textos en que antes sale otro. Por token del vocabulario, `names`, (V,), tiene el número de su
    nombre, o -1.

    >>> from siguiente.language_models.gru import GRUConfig
    >>> network, names = GRU(GRUConfig(vocab_size=4, hidden=8)), torch.tensor([-1, 0, 1, -1])
    >>> texts = [torch.tensor([3, 2, 0, 3]), torch.tensor([1, 2])]
    >>> states, labels = states_after_name(network, texts, names, age=1)
    >>> states.shape, labels
    (torch.Size([1, 8]), tensor([1]))
    """
    states, labels = [], []
    for ids in texts:
        first, *later = (names[ids] >= 0).nonzero()[:2, 0].tolist() or [len(ids)]
        if first + age < min([*later, len(ids)]):
            outputs, _ = network.rnn(network.embedding(ids[None, : first + age + 1]))
            states.append(outputs[0, -1])
            labels.append(names[ids[first]])
    return torch.stack(states), torch.stack(labels)
