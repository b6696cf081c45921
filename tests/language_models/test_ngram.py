"""Lo que todo n-grama cumple, sea cual sea el suavizado."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.language_models.kneser_ney import kneser_ney
from siguiente.language_models.ngram_counts import count_ngrams
from siguiente.language_models.sampling import generate, sampler
from siguiente.language_models.scoring import score
from siguiente.language_models.smoothing import add_k, interpolate, maximum_likelihood

VOCAB, END = 6, 0
TOKENS = st.integers(0, VOCAB - 1)
STREAMS = st.lists(TOKENS, min_size=2, max_size=60).map(torch.tensor)
TEXTS = st.lists(TOKENS, min_size=2, max_size=12).map(lambda ids: torch.tensor([ids]))
ORDERS = st.integers(1, 5)
SMOOTHINGS = {
    "maximum likelihood": maximum_likelihood,
    "Laplace": add_k,
    "add 0.1": lambda counts: add_k(counts, 0.1),
    "interpolation": lambda counts: interpolate(counts, [1 / (counts.order + 1)] * (counts.order + 1)),
    "Kneser-Ney": kneser_ney,
}
every_smoothing = pytest.mark.parametrize("smoothing", SMOOTHINGS.values(), ids=SMOOTHINGS)
often = settings(max_examples=60, deadline=None)


def made(smoothing, stream, order):
    return smoothing(count_ngrams(stream, order, VOCAB, END))


@every_smoothing
@often
@given(stream=STREAMS, ids=TEXTS, order=ORDERS)
def test_probabilities_add_up_to_one_after_any_context(smoothing, stream, ids, order):
    logits, _ = made(smoothing, stream, order).step(ids, last=ids.shape[1])
    assert logits.shape == (1, ids.shape[1], VOCAB)
    assert logits.dtype == torch.float32
    torch.testing.assert_close(logits.exp().sum(-1), torch.ones(1, ids.shape[1]), atol=1e-5, rtol=0)


@every_smoothing
@often
@given(stream=STREAMS, ids=TEXTS, order=ORDERS, data=st.data())
def test_the_fast_path_equals_the_rows_of_step(smoothing, stream, ids, order, data):
    model = made(smoothing, stream, order)
    start = data.draw(st.integers(1, ids.shape[1] - 1))
    logits, _ = model.step(ids, last=ids.shape[1])
    rows = logits[:, :-1].gather(-1, ids[:, 1:, None])[:, start - 1 :, 0]
    assert hasattr(model, "score")
    torch.testing.assert_close(score(model, ids, start=start), rows, atol=1e-5, rtol=1e-5)


@every_smoothing
@often
@given(stream=STREAMS, ids=TEXTS, order=ORDERS, data=st.data())
def test_a_state_stands_for_all_that_was_read(smoothing, stream, ids, order, data):
    model = made(smoothing, stream, order)
    cut = data.draw(st.integers(1, ids.shape[1] - 1))
    whole, _ = model.step(ids, last=ids.shape[1])
    _, state = model.step(ids[:, :cut])
    assert state.tensor.shape[1] <= order - 1
    rest, _ = model.step(ids[:, cut:], state, last=ids.shape[1] - cut)
    torch.testing.assert_close(rest, whole[:, cut:])
    if ids.shape[1] - cut > 1:
        torch.testing.assert_close(score(model, ids[:, cut:], state), score(model, ids)[:, cut:])


@often
@given(stream=STREAMS, ids=TEXTS, order=ORDERS)
def test_nothing_before_the_boundary_matters(stream, ids, order):
    model = made(kneser_ney, stream, order)
    end = torch.tensor([[END]])
    alone, _ = model.step(torch.cat([end, ids], 1), last=ids.shape[1])
    after, _ = model.step(torch.cat([ids, end, ids], 1), last=ids.shape[1])
    torch.testing.assert_close(after, alone)


@often
@given(stream=STREAMS, ids=TEXTS, order=ORDERS)
def test_a_short_context_is_read_by_the_order_that_it_fills(stream, ids, order):
    """Con un solo token leído, todos los órdenes, del segundo en adelante, son un bigrama."""
    bigram, longer = made(maximum_likelihood, stream, 2), made(maximum_likelihood, stream, 1 + order)
    torch.testing.assert_close(longer.step(ids[:, :1])[0], bigram.step(ids[:, :1])[0])


def test_rows_of_a_batch_do_not_mix():
    model = made(kneser_ney, torch.tensor([0, 1, 2, 3, 0, 1, 2, 4, 0]), 3)
    ids = torch.tensor([[0, 1, 2], [0, 2, 1]])
    both = score(model, ids)
    torch.testing.assert_close(both, torch.cat([score(model, row[None]) for row in ids]))
    _, state = model.step(ids)
    torch.testing.assert_close(state.repeat(2).tensor, ids[[0, 0, 1, 1], 1:])
    torch.testing.assert_close(state.select(torch.tensor([1])).tensor, ids[1:, 1:])


def test_one_prefix_serves_many_rows():
    model = made(kneser_ney, torch.tensor([0, 1, 2, 3, 0, 1, 2, 4, 0]), 3)
    _, state = model.step(torch.tensor([[0, 1]]))
    ends = torch.tensor([[2, 3], [2, 4]])
    whole = score(model, torch.tensor([[0, 1, 2, 3], [0, 1, 2, 4]]), start=3)
    torch.testing.assert_close(score(model, ends, state), whole)


def test_maximum_likelihood_only_writes_what_it_saw():
    stream = torch.tensor([0, 1, 2, 3, 0, 3, 1, 0, 1, 3, 4, 0])
    model = made(maximum_likelihood, stream, 2)
    written = generate(model, torch.tensor([[0]]), 8, sampler(torch.Generator().manual_seed(0)), 50, END)
    seen = set(pairwise(stream.tolist()))
    for row in written.tolist():
        text = [0, *row[: row.index(END) + 1 if END in row else None]]
        assert set(pairwise(text)) <= seen


def test_the_tables_say_what_they_weigh():
    model = made(maximum_likelihood, torch.tensor([0, 1, 1, 0]), 2)
    unigrams, bigrams = VOCAB, 3  # 0 1, 1 1 y 1 0
    keys, direct, backoff = unigrams + bigrams + 2, unigrams + bigrams + 2, 2 + unigrams + 1
    assert model.table_bytes == 8 * (keys + direct + backoff)


@pytest.mark.parametrize("token", [-1, VOCAB])
def test_tokens_of_another_vocabulary_are_refused(token):
    model = made(add_k, torch.tensor([0, 1, 1, 0]), 2)
    with pytest.raises(ValueError, match="otro tokenizador"):
        model.step(torch.tensor([[token]]))
    with pytest.raises(ValueError, match="otro tokenizador"):
        model.score(torch.tensor([[0, token]]))
