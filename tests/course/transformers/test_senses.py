"""El sentido que queda más cerca, y los vectores de una palabra por capas."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers.models.gpt2 import GPT2Config, GPT2LMHeadModel

from siguiente.course.data.homonyms import load_homonyms
from siguiente.course.transformers.senses import last_vectors, nearest_centroid, told_apart, word_counts

CASES = load_homonyms()


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_centroids_by_hand():
    """Los centros son (1, 0) y (10, 0): la mitad del camino está en 5,5."""
    examples, labels = torch.tensor([[0.0, 0], [2, 0], [10, 0]]), torch.tensor([0, 0, 1])
    queries = torch.tensor([[5.4, 0], [5.6, 0], [5.5, 3]])
    assert nearest_centroid(examples, labels, queries).tolist() == [0, 1, 0]


@given(st.integers(2, 40), st.integers(0, 99))
@settings(deadline=None, max_examples=20)
def test_equal_vectors_cannot_be_told_apart(n, seed):
    """Con vectores idénticos todo va a la primera clase: se acierta la mitad."""
    vector = torch.randn(1, 5, generator=seeded(seed))
    labels = torch.arange(2 * n) % 2
    assert not nearest_centroid(vector.expand(2 * n, 5), labels, vector.expand(3, 5)).any()


@given(st.integers(0, 99))
@settings(deadline=None, max_examples=20)
def test_it_agrees_with_sklearn(seed):
    from sklearn.neighbors import NearestCentroid

    examples, queries = (
        torch.randn(30, 4, generator=seeded(seed)),
        torch.randn(20, 4, generator=seeded(seed + 100)),
    )
    labels = torch.arange(30) % 3
    expected = (
        NearestCentroid().fit(examples.double().numpy(), labels.numpy()).predict(queries.double().numpy())
    )
    assert nearest_centroid(examples, labels, queries).tolist() == expected.tolist()


@pytest.fixture(scope="module")
def network():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        config = GPT2Config(vocab_size=9, n_positions=8, n_embd=8, n_layer=2, n_head=2)
        return GPT2LMHeadModel(config).eval()


def test_the_padding_changes_nothing(network):
    together = last_vectors(network, [[1, 2], [3, 4, 5, 6]])
    alone = torch.cat([last_vectors(network, [row]) for row in ([1, 2], [3, 4, 5, 6])], 1)
    assert together.shape == (3, 2, 8)
    torch.testing.assert_close(together, alone)


def test_knowing_the_sense_is_always_right():
    senses = [case.sense for case in CASES]
    known = torch.tensor([[float(sense == other) for other in sorted(set(senses))] for sense in senses])
    assert told_apart(known, CASES).all()


def test_the_sentences_to_guess_are_not_those_that_teach():
    """Con un vector propio por frase, igual para las dos de otra parte, no hay nada que aprender."""
    own = torch.eye(len(CASES))
    assert told_apart(own, CASES).mean() == pytest.approx(0.5)


def test_counting_words_ignores_the_order():
    counts = word_counts(["uno y dos", "dos y uno"])
    assert torch.equal(counts[0], counts[1])
