"""El índice y las cuentas, frente a un `Counter` que recorre el texto."""

from collections import Counter

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.language_models.fast.ngram_index import usable_context
from siguiente.language_models.ngram_counts import count_ngrams, per_prefix

VOCAB, END = 5, 0
STREAMS = st.lists(st.integers(0, VOCAB - 1), min_size=2, max_size=60).map(torch.tensor)


def plain_counts(stream, order):
    """Cada n-grama es un token y los que lo preceden en su texto; el límite solo puede ir el primero."""
    found = Counter()
    for t in range(1, len(stream)):
        gram = stream[max(0, t - order + 1) : t + 1]
        if len(gram) == order and END not in gram[1:-1]:
            found[tuple(gram)] += 1
    return found


def spelled(index, order):
    """El texto de cada n-grama del índice, en su orden."""
    if order == 0:
        return [()]
    before = spelled(index, order - 1)
    pairs = zip(index.prefixes(order).tolist(), index.tokens(order).tolist(), strict=True)
    return [(*before[h], x) for h, x in pairs]


@settings(max_examples=80, deadline=None)
@given(stream=STREAMS, order=st.integers(1, 5))
def test_counts_are_those_of_a_plain_loop(stream, order):
    counts = count_ngrams(stream, order, VOCAB, END)
    for k in range(1, order + 1):
        grams = dict(zip(spelled(counts.index, k), counts.counts[k - 1].tolist(), strict=True))
        assert {gram: n for gram, n in grams.items() if n} == plain_counts(stream.tolist(), k)


@settings(max_examples=80, deadline=None)
@given(stream=STREAMS, ids=STREAMS)
def test_match_finds_the_longest_grams_and_only_those(stream, ids):
    index = count_ngrams(stream, 4, VOCAB, END).index
    matched = index.match(ids[None])
    for k in range(2, 5):
        names = [*spelled(index, k), None]
        for t, gram in enumerate(matched[k][0].tolist()):
            wanted = tuple(ids[max(0, t - k + 1) : t + 1].tolist())
            assert names[gram] == (wanted if wanted in names else None)


@settings(max_examples=50, deadline=None)
@given(stream=STREAMS)
def test_suffixes_lose_the_first_token(stream):
    index = count_ngrams(stream, 4, VOCAB, END).index
    for k, suffixes in enumerate(index.suffixes(), start=1):
        shorter = spelled(index, k - 1)
        assert [shorter[s] for s in suffixes.tolist()] == [gram[1:] for gram in spelled(index, k)]


@settings(max_examples=50, deadline=None)
@given(stream=STREAMS)
def test_children_are_the_grams_that_share_a_prefix(stream):
    index = count_ngrams(stream, 3, VOCAB, END).index
    prefixes = torch.arange(index.size(2) + 1).flip(0)  # también el nunca visto
    rows, grams, tokens = index.children(3, prefixes)
    assert sorted(grams.tolist()) == list(range(index.size(3)))
    assert (prefixes[rows] == index.prefixes(3)[grams]).all()
    assert (tokens == index.tokens(3)[grams]).all()


def test_contexts_start_again_at_the_boundary():
    ids = torch.tensor([[3, 4, 0, 1, 2, 0, 0, 1]])
    assert usable_context(ids, END).tolist() == [[1, 2, 1, 2, 3, 1, 1, 2]]


def test_totals_per_prefix_end_with_the_unseen_one():
    counts = count_ngrams(torch.tensor([0, 1, 2, 1, 1, 0]), 2, VOCAB, END)
    assert per_prefix(counts.index, 2, counts.counts[1]).tolist() == [1, 3, 1, 0, 0, 0]
    assert per_prefix(counts.index, 1, counts.counts[0]).tolist() == [5, 0]


@settings(max_examples=30, deadline=None)
@given(stream=STREAMS, order=st.integers(1, 4))
def test_lower_orders_do_not_depend_on_the_higher_ones(stream, order):
    cut, alone = count_ngrams(stream, 4, VOCAB, END).up_to(order), count_ngrams(stream, order, VOCAB, END)
    for a, b in zip([*cut.index.keys, *cut.counts], [*alone.index.keys, *alone.counts], strict=True):
        assert a.tolist() == b.tolist()


@pytest.mark.parametrize("stream", [[], [END], [0, VOCAB], [0, -1]])
def test_a_stream_of_something_else_is_explained(stream):
    with pytest.raises(ValueError, match="token_stream"):
        count_ngrams(torch.tensor(stream, dtype=torch.long), 2, VOCAB, END)
