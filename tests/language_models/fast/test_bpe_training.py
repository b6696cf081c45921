"""Aprender deprisa da lo mismo que contar de nuevo en cada paso, y lo mismo que otra biblioteca."""

import json
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from siguiente.course.data.tweets import SPLITS, load_tweets
from siguiente.language_models.bpe import byte_words, count_pairs, train
from siguiente.language_models.fast.bpe_training import (
    PairIndex,
    learn_merges,
    train_bpe,
)
from siguiente.language_models.words import byte_alphabet

TEXTS = [tweet.text for split in SPLITS for tweet in load_tweets(split)]


def library_merges(texts, vocab_size):
    """Las uniones de la biblioteca tokenizers, en bytes."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, min_frequency=2, show_progress=False, initial_alphabet=alphabet
    )
    backend.train_from_iterator(texts, trainer)
    byte = byte_alphabet()
    pairs = json.loads(backend.to_str())["model"]["merges"]
    return [tuple(bytes(byte[c] for c in token) for token in pair) for pair in pairs]


def our_merges(tokenizer):
    return [tuple(map(tokenizer.token_bytes, pair)) for pair in tokenizer.merges]


def test_the_same_merges_as_the_tokenizers_library():
    expected = library_merges(TEXTS, 2000)
    assert len(expected) == 2000 - 256
    assert our_merges(train_bpe(TEXTS, 2001)) == expected


@settings(deadline=None)
@given(st.lists(st.text("abñ ", min_size=1), max_size=9), st.integers(258, 300))
def test_the_same_merges_as_counting_again(texts, vocab_size):
    plain = train(texts, vocab_size)
    if plain.merges:
        assert train_bpe(texts, vocab_size) == plain
    else:
        with pytest.raises(ValueError, match="ninguna pareja que se repita"):
            train_bpe(texts, vocab_size)


def test_the_same_merges_as_counting_again_on_real_texts():
    assert train_bpe(TEXTS[:200], 400) == train(TEXTS[:200], 400)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text("aab ñ1.", min_size=1), min_size=1, max_size=5))
def test_the_same_merges_as_the_library_on_anything(texts):
    expected = library_merges(texts, 400)
    found = our_merges(train_bpe(texts, 401)) if expected else []
    assert found == expected


def test_the_counts_are_right_after_every_merge():
    index = PairIndex(byte_words(TEXTS[:40]))
    for new in range(257, 400):
        index.merge(index.pop_best(), new)
        counts = count_pairs({})
        for word, times in zip(index.words, index.times, strict=True):
            counts.update(count_pairs({word: times}))
        assert +index.counts == counts
        assert all(index.where[pair] for pair in counts)


def test_the_order_of_the_texts_does_not_matter():
    assert train_bpe(TEXTS, 500) == train_bpe(TEXTS[::-1], 500)


def test_a_smaller_vocabulary_is_the_beginning_of_a_larger_one():
    merges = train_bpe(TEXTS, 500).merges
    assert train_bpe(TEXTS, 300).merges == merges[:43]
    assert tuple(islice(learn_merges(byte_words(TEXTS)), 243)) == merges


def test_it_stops_when_no_pair_repeats():
    tokenizer = train_bpe(["abc abd"], 1000)
    assert [tokenizer.token_bytes(i) for i in range(257, tokenizer.vocab_size)] == [b"ab"]


@pytest.mark.parametrize("texts", [[], [""], ["a"], ["abc"], ["¿"]])
def test_with_nothing_repeated_there_is_nothing_to_learn(texts):
    with pytest.raises(ValueError, match="ninguna pareja que se repita"):
        train_bpe(texts, 300)


@pytest.mark.parametrize("vocab_size", [-1, 0, 256, 257])
def test_too_small_a_vocabulary_is_refused(vocab_size):
    with pytest.raises(ValueError, match=f"el vocabulario, {vocab_size}, no llega a 258"):
        train_bpe(TEXTS, vocab_size)
