"""Los suavizados sencillos, frente a los casos de los libros y a las fórmulas escritas de otra manera."""

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from siguiente.language_models.ngram_counts import count_ngrams
from siguiente.language_models.scoring import score
from siguiente.language_models.smoothing import (
    add_k,
    fit_weights,
    interpolate,
    maximum_likelihood,
)

# El corpus en miniatura de Jurafsky y Martin, Speech and Language Processing, capítulo de n-gramas.
SAM = ["I am Sam", "Sam I am", "I do not like green eggs and ham"]
END = 0
STREAMS = st.lists(st.integers(0, 4), min_size=2, max_size=50).map(torch.tensor)
WEIGHTS = st.lists(st.floats(0, 1), min_size=4, max_size=4).filter(lambda w: sum(w) > 0.1)


def words_of(texts):
    return {word: i for i, word in enumerate(["</s>", *dict.fromkeys(" ".join(texts).split())])}


def stream_of(texts, words):
    rows = [[words[word] for word in text.split()] for text in texts]
    return torch.tensor([END, *(i for row in rows for i in [*row, END])])


@pytest.fixture
def words():
    return words_of(SAM)


@pytest.fixture
def counts(words):
    return count_ngrams(stream_of(SAM, words), 2, len(words), END)


def probability(model, words, word, *context):
    ids = [words[w] for w in (*context, word)]
    return score(model, torch.tensor([ids]), start=len(ids) - 1).exp().item()


@pytest.mark.parametrize(
    ("word", "context", "expected"),
    [
        ("I", "</s>", 2 / 3),
        ("Sam", "</s>", 1 / 3),
        ("am", "I", 2 / 3),
        ("</s>", "Sam", 1 / 2),
        ("Sam", "am", 1 / 2),
        ("do", "I", 1 / 3),
        ("ham", "I", 0),
    ],
)
def test_the_bigrams_of_the_book(counts, words, word, context, expected):
    model = maximum_likelihood(counts)
    assert probability(model, words, word, context) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("word", "context", "expected"), [("am", "I", 3 / 14), ("ham", "I", 1 / 14), ("I", "ham", 1 / 12)]
)
def test_laplace_adds_one_above_and_v_below(counts, words, word, context, expected):
    """V = 11: diez palabras y el final. «I» sale tres veces, y «ham», una."""
    assert len(words) == 11
    assert probability(add_k(counts), words, word, context) == pytest.approx(expected, abs=1e-6)


def test_one_zero_kills_the_sentence_and_no_other(counts, words):
    ids = torch.tensor([[0, words["I"], words["ham"], 0], [0, words["I"], words["am"], 0]])
    logprobs = score(maximum_likelihood(counts), ids)
    assert logprobs[0].tolist() == [pytest.approx(math.log(2 / 3)), -math.inf, 0.0]
    assert logprobs[1].isfinite().all()


def test_an_unseen_context_has_no_estimate_and_gets_the_uniform():
    counts = count_ngrams(torch.tensor([0, 1, 2, 0]), 3, 4, END)
    logits, _ = maximum_likelihood(counts).step(torch.tensor([[0, 2, 1]]))
    torch.testing.assert_close(logits.exp(), torch.full((1, 1, 4), 0.25))


@settings(max_examples=60, deadline=None)
@given(stream=STREAMS, raw=WEIGHTS, ids=STREAMS)
def test_interpolation_is_the_weighted_mean_where_all_contexts_were_seen(stream, raw, ids):
    weights = [w / sum(raw) for w in raw]
    counts = count_ngrams(stream, 3, 5, END)
    models = [maximum_likelihood(count_ngrams(stream, k, 5, END)) for k in (1, 2, 3)]
    seen = counts.index.match(ids[None])
    known = seen[2][0] < counts.index.size(2)
    known &= counts.index.prefixes(3).bincount(minlength=counts.index.size(2) + 1)[seen[2][0]] > 0
    known &= ids != END
    assume(known.any())
    mixture = weights[0] / 5 + sum(
        w * m.step(ids[None], last=len(ids))[0].exp() for w, m in zip(weights[1:], models, strict=True)
    )
    logits, _ = interpolate(counts, weights).step(ids[None], last=len(ids))
    torch.testing.assert_close(logits.exp()[0, known], mixture[0, known], atol=1e-5, rtol=0)


def test_a_missing_order_shares_its_weight_among_the_others():
    """Tras «3», que nunca se vio, quedan el orden 0 y el 1, con pesos 0,1 y 0,3: un cuarto y tres cuartos."""
    counts = count_ngrams(torch.tensor([0, 1, 2, 0]), 2, 4, END)
    model = interpolate(counts, [0.1, 0.3, 0.6])
    expected = 0.25 * 0.25 + 0.75 * torch.tensor([1, 1, 1, 0]) / 3
    torch.testing.assert_close(model.step(torch.tensor([[3]]))[0].exp()[0, 0], expected)


def held_out_nats(counts, weights, held_out):
    return -score(interpolate(counts, weights), held_out[None]).double().sum().item()


@settings(max_examples=30, deadline=None)
@given(stream=STREAMS, held_out=STREAMS)
def test_every_round_of_em_improves_the_held_out_text(stream, held_out):
    counts = count_ngrams(stream, 3, 5, END)
    fits = [fit_weights(counts, held_out, rounds) for rounds in (1, 2, 5, 20)]
    nats = [held_out_nats(counts, weights, held_out) for weights in fits]
    assert all(sum(weights) == pytest.approx(1) for weights in fits)
    assert all(after <= before + 1e-3 for before, after in pairwise(nats))


def test_em_finds_the_best_weights_of_a_grid():
    generator = torch.Generator().manual_seed(0)
    chain = torch.randint(1, 5, (3000,), generator=generator)
    chain[1:] = torch.where(torch.rand(2999, generator=generator) < 0.6, chain[:-1] % 4 + 1, chain[1:])
    counts = count_ngrams(chain[:300], 2, 5, END)
    held_out = chain[300:]
    grid = [[a / 20, b / 20, (20 - a - b) / 20] for a in range(1, 20) for b in range(20 - a)]
    best = min(held_out_nats(counts, weights, held_out) for weights in grid)
    assert held_out_nats(counts, fit_weights(counts, held_out), held_out) <= best + 0.1


def test_em_trusts_the_highest_order_on_the_text_it_counted():
    stream = torch.randint(1, 5, (400,), generator=torch.Generator().manual_seed(1))
    assert fit_weights(count_ngrams(stream, 4, 5, END), stream)[-1] > 0.9


@pytest.mark.parametrize("weights", [[0.5, 0.5], [0.2, 0.5, 0.5], [-0.5, 0.5, 1.0]])
def test_weights_that_are_no_mixture_are_explained(counts, weights):
    with pytest.raises(ValueError, match="Hacen falta 3 pesos"):
        interpolate(counts, weights)
