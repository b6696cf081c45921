"""Contar palabras: lo que paga la propia gramática, los pares que nadie contó y lo raro de un texto real."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

import torch
from torch import Tensor

from siguiente.course.data.stories import story_logprob
from siguiente.language_models.kneser_ney import kneser_ney
from siguiente.language_models.ngram_counts import NGramCounts, count_ngrams
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.scoring import text_bits
from siguiente.language_models.smoothing import add_k
from siguiente.language_models.windows import token_stream
from siguiente.language_models.words import END, WordTokenizer, split_pieces


def grammar_bits(stories: Sequence[str]) -> Tensor:
    """Lo que paga por cada cuento la gramática que lo escribió, en bits por byte medio, (N,).

    >>> from siguiente.course.data.stories import entropy_bits_per_byte, load_stories
    >>> paid = grammar_bits(load_stories("test", 40)).mean().item()
    >>> abs(paid - entropy_bits_per_byte()) < 0.1
    True
    """
    nats = -torch.tensor([story_logprob(story) for story in stories])
    sizes = torch.tensor([len(story.encode()) for story in stories]).double()
    return nats.double() / math.log(2) / sizes.mean()


def unseen_pairs(counts: NGramCounts, ids: Tensor) -> Tensor:
    """Dice qué tokens de (T,), menos el primero, forman con el anterior un par que no se contó, (T - 1,).

    >>> from siguiente.language_models.ngram_counts import count_ngrams
    >>> counts = count_ngrams(torch.tensor([0, 1, 2, 0]), order=2, vocab_size=3, boundary=0)
    >>> unseen_pairs(counts, torch.tensor([0, 1, 1, 2]))
    tensor([False,  True, False])
    """
    return counts.index.match(ids[None])[2][0, 1:] == counts.index.size(2)


class Rarity(NamedTuple):
    """Cuánto se repiten las palabras de unos textos, y cuántas de otros no están en ellos."""

    frequencies: list[int]
    """Cuántas veces sale cada palabra distinta, de más a menos."""
    once: float
    """Qué parte de las palabras distintas sale una sola vez."""
    once_in_five: float
    """Qué parte de los grupos distintos de cinco palabras sale una sola vez."""
    new: float
    """Qué parte de las palabras de los textos apartados no está en los contados."""


def rarity(texts: Sequence[str], held_out: Iterable[str]) -> Rarity:
    """Cuenta las palabras de unos textos, con sus signos, y mira cuántas de otros son nuevas.

    >>> rarity(["uno y dos y tres", "y uno"], ["uno y tres y cuatro"])
    Rarity(frequencies=[2, 1, 1, 1, 1, 1], once=0.8333333333333334, once_in_five=1.0, new=0.2)
    """
    pieces = [split_pieces(text) for text in texts]
    words = Counter(word for text in pieces for word in text)
    fives = Counter(run for text in pieces for run in zip(*(text[k:] for k in range(5)), strict=False))
    unseen = [word not in words for text in held_out for word in split_pieces(text)]
    return Rarity(
        sorted(words.values(), reverse=True), once_share(words), once_share(fives), sum(unseen) / len(unseen)
    )


def once_share(counts: Counter[str] | Counter[tuple[str, ...]]) -> float:
    """Qué parte de lo contado sale una sola vez.

    >>> once_share(Counter("banana"))
    0.3333333333333333
    """
    return sum(times == 1 for times in counts.values()) / len(counts)


def as_long_as(texts: Sequence[str], size: int) -> Sequence[str]:
    """Los primeros textos que, juntos, llegan a `size` bytes.

    >>> as_long_as(["año", "mes", "día"], 5)
    ['año', 'mes']
    """
    totals = accumulate(len(text.encode()) for text in texts)
    return texts[: 1 + sum(total < size for total in totals)]


def paid_by_order(
    texts: Sequence[str], held_out: Sequence[str], orders: Iterable[int]
) -> dict[str, list[Tensor]]:
    """Lo que pagan Laplace y Kneser-Ney, por orden, por unos textos apartados, en bits por byte.

    Cada vector, (N,), tiene lo que se paga por cada texto; su media son los bits por byte.

    >>> paid = paid_by_order(["no y no", "no"], ["no y sí"], (1, 2))
    >>> [len(values) for values in paid.values()], paid["Laplace"][0].shape
    ([2, 2], torch.Size([1]))
    """
    tokenizer = WordTokenizer.from_texts(texts)
    orders = list(orders)
    counts = count_ngrams(token_stream(tokenizer, texts), max(orders), tokenizer.vocab_size, END)
    return {
        name: [text_bits(TextModel(smoothed(counts.up_to(n)), tokenizer), held_out, end=True) for n in orders]
        for name, smoothed in (("Laplace", add_k), ("Kneser-Ney", kneser_ney))
    }
