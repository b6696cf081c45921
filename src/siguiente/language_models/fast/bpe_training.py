"""Aprender un BPE deprisa: tras cada unión solo se vuelve a contar en las palabras que cambian."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, pairwise

from siguiente.language_models.bpe import (
    MIN_COUNT,
    ORDER,
    BPETokenizer,
    Pair,
    Word,
    byte_words,
    count_pairs,
    merge,
)
from siguiente.language_models.words import END


def train_bpe(texts: Iterable[str], vocab_size: int) -> BPETokenizer:
    """Aprende un tokenizador BPE de unos textos, el mismo que :func:`siguiente.language_models.bpe.train`.

    Hacen falta al menos 258 tokens: los 256 bytes, el de final y una unión. Si antes de llegar no queda
    ninguna pareja que se repita, el vocabulario es menor.

    >>> tokenizer = train_bpe(["la casa, la cama y la calle"], vocab_size=260)
    >>> tokenizer.learned
    [b'ca', b'la', b' ca']
    """
    merges = tuple(islice(learn_merges(byte_words(texts)), max(0, vocab_size - END - 1)))
    if not merges:
        raise ValueError(
            f"No hay ninguna pareja que se repita, o el vocabulario, {vocab_size}, no llega a {END + 2}."
        )
    return BPETokenizer(merges)


def learn_merges(words: Mapping[Word, int]) -> Iterator[Pair]:
    """Da las uniones una a una, mientras quede una pareja que se repita en las piezas.

    >>> list(learn_merges({tuple(b"aab"): 5, tuple(b"ab"): 2}))
    [(97, 98), (97, 257)]
    """
    index, byte = PairIndex(words), list(ORDER)
    new = END + 1
    while (pair := index.pop_best()) is not None:
        index.merge(pair, new)
        left, right = (byte[token] if token < END else token for token in pair)
        yield left, right
        new += 1


class PairIndex:
    """Las parejas de unas palabras: cuántas veces sale cada una, y en qué palabras.

    Cada byte se llama por su puesto en el alfabeto: así, la menor de dos parejas es la que gana un empate. La
    mejor está en lo alto de un montículo. Al bajar una cuenta su entrada no se toca: se corrige cuando sale.
    """

    def __init__(self, words: Mapping[Word, int]) -> None:
        self.words = [tuple(ORDER[byte] for byte in word) for word in words]
        self.times = list(words.values())
        self.counts = count_pairs(dict(zip(self.words, self.times, strict=True)))
        self.where = defaultdict[Pair, set[int]](set)
        for i, word in enumerate(self.words):
            for pair in pairwise(word):
                self.where[pair].add(i)
        self.heap = [(-count, pair) for pair, count in self.counts.items()]
        heapq.heapify(self.heap)

    def pop_best(self) -> Pair | None:
        """Saca la pareja más repetida, o nada si ya no se repite ninguna."""
        while self.heap:
            count, pair = heapq.heappop(self.heap)
            if -count == self.counts[pair] >= MIN_COUNT:
                return pair
            if self.counts[pair] >= MIN_COUNT:
                heapq.heappush(self.heap, (-self.counts[pair], pair))
        return None

    def merge(self, pair: Pair, new: int) -> None:
        """Une una pareja en las palabras donde está, y corrige las cuentas de sus vecinas."""
        created = set[Pair]()
        for i in self.where.pop(pair):
            before, times = self.words[i], self.times[i]
            after = self.words[i] = merge(before, pair, new)
            for old in pairwise(before):
                self.counts[old] -= times
            for now in pairwise(after):
                self.counts[now] += times
                if new in now:
                    self.where[now].add(i)
                    created.add(now)
        for fresh in created:
            heapq.heappush(self.heap, (-self.counts[fresh], fresh))
