"""Contar palabras: lo que paga la propia gramática y los pares que nadie contó."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from siguiente.course.data.stories import story_logprob
from siguiente.language_models.ngram_counts import NGramCounts


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
