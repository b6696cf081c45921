"""Las recompensas que explican unas comparaciones."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.alignment.reward_model import (
    bradley_terry_loss,
    fit_strengths,
    preference_probability,
)

WINS = torch.tensor([[0, 6, 2, 9], [3, 0, 5, 4], [4, 1, 0, 0], [1, 2, 3, 0]])


def pairs(wins):
    """Cada comparación por separado: quién ganó y quién perdió."""
    rows, columns = wins.nonzero(as_tuple=True)
    return rows.repeat_interleave(wins[rows, columns]), columns.repeat_interleave(wins[rows, columns])


def test_the_loss_by_hand():
    loss = bradley_terry_loss(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 0.0]))
    assert loss.item() == pytest.approx((math.log(1 + math.exp(-1)) + math.log(2)) / 2)


def test_the_loss_survives_huge_differences():
    """`-log(sigmoid(x))` escrito tal cual daría infinito, y su gradiente, nada."""
    chosen = torch.tensor([-200.0], requires_grad=True)
    loss = bradley_terry_loss(chosen, torch.tensor([0.0]))
    loss.backward()
    assert loss == 200
    assert chosen.grad == -1
    assert torch.tensor([-200.0]).sigmoid().log().isinf()


@settings(max_examples=50, deadline=None)
@given(st.floats(-20, 20), st.floats(-20, 20))
def test_the_probability_is_that_of_strengths(a, b):
    found = preference_probability(torch.tensor(a - b, dtype=torch.double)).item()
    assert found == pytest.approx(1 / (1 + math.exp(b - a)), rel=1e-6)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 50), st.integers(1, 50))
def test_two_answers_have_a_closed_form(a, b):
    strengths = fit_strengths(torch.tensor([[0, a], [b, 0]]))
    assert strengths.tolist() == pytest.approx([math.log(a / b) / 2, math.log(b / a) / 2], abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-2, 2), min_size=5, max_size=5))
def test_exact_frequencies_give_back_the_strengths(rewards):
    rewards = torch.tensor(rewards, dtype=torch.double)
    found = fit_strengths(preference_probability(rewards[:, None] - rewards))
    torch.testing.assert_close(found, rewards - rewards.mean(), atol=1e-6, rtol=0)


def test_at_the_maximum_each_wins_what_it_should():
    r = fit_strengths(WINS)
    expected = (WINS + WINS.T) * preference_probability(r[:, None] - r)
    torch.testing.assert_close(expected.fill_diagonal_(0).sum(1), WINS.sum(1).double())
    assert r.mean().item() == pytest.approx(0, abs=1e-9)


def test_descending_the_loss_reaches_the_maximum():
    r, (winners, losers) = torch.zeros(4, dtype=torch.double, requires_grad=True), pairs(WINS)
    optimizer = torch.optim.LBFGS(
        [r], max_iter=200, tolerance_grad=1e-10, tolerance_change=0, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        loss = bradley_terry_loss(r[winners], r[losers])
        loss.backward()
        return loss

    optimizer.step(closure)
    torch.testing.assert_close(r.detach() - r.detach().mean(), fit_strengths(WINS), atol=1e-5, rtol=0)


def test_it_is_the_logistic_regression_of_scikit_learn():
    from sklearn.linear_model import LogisticRegression

    winners, losers = pairs(WINS)
    design = torch.eye(4)[winners] - torch.eye(4)[losers]
    sides = torch.where(torch.arange(len(winners)) % 2 == 0, 1, -1)  # hacen falta las dos clases
    model = LogisticRegression(C=1e9, fit_intercept=False, tol=1e-10, max_iter=1000)
    r = torch.from_numpy(model.fit((design * sides[:, None]).numpy(), sides.numpy()).coef_[0])
    torch.testing.assert_close((r - r.mean()).double(), fit_strengths(WINS), atol=1e-4, rtol=0)


def test_contradictions_are_welcome_and_cycles_too():
    cycle = torch.tensor([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    assert fit_strengths(cycle).tolist() == pytest.approx([0, 0, 0], abs=1e-9)


@pytest.mark.parametrize(
    ("wins", "named"),
    [
        ([[0, 3, 1], [0, 0, 2], [0, 1, 0]], r"\[0\]"),  # la primera nunca pierde
        ([[0, 1, 5], [2, 0, 1], [0, 0, 0]], r"\[0, 1\]"),  # la última nunca gana
        ([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]], r"\[0, 1\]"),  # dos grupos sin comparar
    ],
)
def test_without_a_finite_maximum_those_to_blame_are_named(wins, named):
    with pytest.raises(ValueError, match=rf"Las respuestas {named} nunca perdieron contra las demás"):
        fit_strengths(torch.tensor(wins))
