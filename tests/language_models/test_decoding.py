"""Los filtros: a mano, frente a los de transformers y por sus propiedades."""

from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from siguiente.language_models.decoding import (
    min_p,
    repetition_penalty,
    temperature,
    top_k,
    top_p,
)
from siguiente.language_models.sampling import generate, sampler

SETTINGS = {
    top_k: [1, 2, 7, 50, 900],
    top_p: [1e-9, 0.2, 0.5, 0.9, 0.999, 1],
    min_p: [1e-9, 0.02, 0.1, 0.5, 1],
    temperature: [0.1, 0.7, 1, 3.0],
}
EVERY = [(cut, value) for cut, values in SETTINGS.items() for value in values]


def logits(seed=0, rows=4, width=50):
    return torch.randn(rows, width, generator=torch.Generator().manual_seed(seed)) * 3


def theirs(cut, value):
    from transformers.generation import logits_process as peer

    names = {top_k: "TopK", top_p: "TopP", min_p: "MinP", temperature: "Temperature"}
    return getattr(peer, f"{names[cut]}LogitsWarper")(float(value) if cut is not top_k else value)


@pytest.mark.parametrize(("cut", "value"), EVERY)
def test_equal_to_transformers(cut, value):
    for seed in range(20):
        torch.testing.assert_close(cut(logits(seed), value), theirs(cut, value)(None, logits(seed)))


@pytest.mark.parametrize("penalty", [0.5, 1.0, 1.3, 4.0])
def test_the_penalty_is_that_of_transformers(penalty):
    from transformers.generation.logits_process import RepetitionPenaltyLogitsProcessor as Peer

    written = torch.randint(50, (4, 30), generator=torch.Generator().manual_seed(1))
    ours = repetition_penalty(logits(), written, penalty)
    torch.testing.assert_close(ours, Peer(penalty)(written, logits()))


def test_by_hand():
    z = torch.tensor([0.4, 0.3, 0.2, 0.1]).log()
    kept = {
        "top_k": top_k(z, 2).softmax(-1),
        "top_p": top_p(z, 0.65).softmax(-1),
        "min_p": min_p(z, 0.6).softmax(-1),
    }
    for probabilities in kept.values():
        torch.testing.assert_close(probabilities, torch.tensor([4 / 7, 3 / 7, 0, 0]))
    torch.testing.assert_close(temperature(z, 0.5).softmax(-1), torch.tensor([16, 9, 4, 1]) / 30)


def test_ties_with_the_last_stay():
    assert top_k(torch.tensor([1.0, 2.0, 1.0, 0.0]), 2).isfinite().tolist() == [True, True, True, False]


rows = st.lists(st.floats(-30, 30, width=32), min_size=1, max_size=12).map(torch.tensor)


@given(rows, st.sampled_from(EVERY))
def test_what_is_left_is_a_distribution_with_the_best_token(z, setting):
    cut, value = setting
    kept = cut(z, value)
    assert kept.softmax(-1).sum().item() == pytest.approx(1, abs=1e-5)
    assert kept[z == z.max()].isfinite().any()


@given(rows, st.sampled_from([(cut, value) for cut, value in EVERY if cut in (top_k, min_p)]))
def test_cutting_twice_by_rank_or_by_the_best_is_cutting_once(z, setting):
    cut, value = setting
    assert torch.equal(cut(cut(z, value), value), cut(z, value))


def test_cutting_the_nucleus_twice_may_cut_more():
    """Tras quitar la cola, el primero pasa de 0,5 a 0,5/0,75: ya junta él solo los 0,6."""
    z = torch.tensor([0.5, 0.25, 0.25 - 1e-3, 1e-3]).log()
    once = top_p(z, 0.6)
    assert once.isfinite().sum() == 2
    assert top_p(once, 0.6).isfinite().sum() == 1


@given(rows, st.sampled_from(SETTINGS[top_p]))
def test_the_nucleus_gathers_p_and_without_its_last_token_does_not(z, p):
    probabilities = z.double().softmax(-1)
    kept = probabilities[top_p(z, p).isfinite()]
    assert kept.sum() >= p - 1e-5
    assert kept.sum() - kept.min() <= p + 1e-5


@given(rows, st.floats(0.1, 10), st.floats(0.1, 10))
def test_temperatures_multiply(z, a, b):
    torch.testing.assert_close(temperature(temperature(z, a), b), temperature(z, a * b))


def test_the_penalty_depends_on_where_zero_is():
    """La misma distribución, con otro cero: sumar una constante a los logits cambia lo que se castiga."""
    z, written = torch.tensor([[1.0, 0.5]]), torch.tensor([[0]])
    plain, shifted = repetition_penalty(z, written, 2.0), repetition_penalty(z + 10, written, 2.0)
    assert plain.softmax(-1)[0, 0] == 0.5
    assert shifted.softmax(-1)[0, 0] < 0.01


def test_nothing_written_nothing_penalised():
    assert torch.equal(repetition_penalty(logits(), torch.empty(4, 0, dtype=torch.long), 1.5), logits())


def test_samples_stay_inside_the_filters(gru):
    ids = torch.tensor([[7]])
    allowed = top_p(top_k(gru.step(ids)[0][0, -1] / 2, 6), 0.8).isfinite().nonzero().flatten()
    choose = sampler(torch.Generator().manual_seed(0), 2.0, [partial(top_k, k=6), partial(top_p, p=0.8)])
    drawn = generate(gru, ids, length=1, choose=choose, n=500).flatten()
    assert set(drawn.tolist()) == set(allowed.tolist())
    assert 1 < len(allowed) < 6
