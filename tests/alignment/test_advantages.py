"""De una nota por respuesta a la ventaja de cada token."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.alignment.advantages import (
    explained_variance,
    generalized_advantages,
    kl_rewards,
    whitened,
)

MASK = torch.tensor([[False, True, True, True], [False, True, True, False]])


def tables(seed, n=2):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(2, 4, generator=generator).double() for _ in range(n)]


def recursion(rewards, values, gamma, lam):
    """La definición, de atrás adelante, sobre una sola respuesta sin relleno."""
    found, following, running = [], 0.0, 0.0
    for reward, value in zip(reversed(rewards.tolist()), reversed(values.tolist()), strict=True):
        running = reward + gamma * following - value + gamma * lam * running
        following = value
        found.insert(0, running)
    return found


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 1), st.floats(0, 1))
def test_it_is_the_recursion_over_each_answer_alone(seed, gamma, lam):
    rewards, values = tables(seed)
    advantages, returns = generalized_advantages(rewards, values, MASK, gamma, lam)
    for row, mask in enumerate(MASK):
        expected = recursion(rewards[row, mask], values[row, mask], gamma, lam)
        assert advantages[row, mask].tolist() == pytest.approx(expected, abs=1e-9)
    torch.testing.assert_close(returns[MASK], (advantages + values)[MASK])
    assert not advantages[~MASK].any()
    assert not returns[~MASK].any()


def test_the_two_extremes():
    rewards, values = tables(0)
    monte_carlo = generalized_advantages(rewards, values, MASK, gamma=1, lam=1)
    later = (rewards * MASK).flip(1).cumsum(1).flip(1)
    torch.testing.assert_close(monte_carlo.returns[MASK], later[MASK])
    one_step = generalized_advantages(rewards, values, MASK, gamma=1, lam=0)
    assert one_step.advantages[1, 1].item() == pytest.approx(
        (rewards[1, 1] + values[1, 2] - values[1, 1]).item()
    )
    assert one_step.advantages[1, 2].item() == pytest.approx((rewards[1, 2] - values[1, 2]).item())


def test_right_values_leave_no_surprise():
    rewards = torch.tensor([[0.0, 0.0, 0.0, 2.0]])
    advantages = generalized_advantages(rewards, 2 * torch.ones(1, 4), MASK[:1]).advantages
    assert not advantages.any()


def test_the_score_arrives_with_the_last_token_of_each_answer():
    logprobs, ref_logprobs = tables(1)
    scores = torch.tensor([5.0, -3.0]).double()
    rewards = kl_rewards(scores, logprobs, ref_logprobs, 0.5, MASK)
    costs = -0.5 * (logprobs - ref_logprobs) * MASK
    torch.testing.assert_close(rewards.sum(1), scores + costs.sum(1))
    extra = rewards - costs
    assert extra.nonzero().tolist() == [[0, 3], [1, 2]]


def test_without_beta_there_is_only_the_score():
    rewards = kl_rewards(torch.tensor([5.0, -3.0]), *(t.float() for t in tables(1)), 0, MASK)
    assert rewards.tolist() == [[0, 0, 0, 5], [0, 0, -3, 0]]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 1000))
def test_whitened_by_its_definition(seed):
    found = whitened(tables(seed)[0] * 7 + 3, MASK)
    assert found[MASK].mean().item() == pytest.approx(0, abs=1e-9)
    assert found[MASK].var().item() == pytest.approx(1, abs=1e-6)
    assert not found[~MASK].any()


def test_constant_advantages_teach_nothing():
    assert not whitened(torch.full((2, 4), 0.5), MASK).any()


def test_credit_goes_to_the_token_that_decided():
    """Cinco tokens, y el tercero decide: con el valor exacto se ve; sin él, cobran los últimos."""
    paid, every = torch.tensor([[0.0, 0, 0, 0, 1]]), torch.ones(1, 5).bool()
    right, blank = torch.tensor([[0.5, 0.5, 0.5, 1, 1]]), torch.zeros(1, 5)
    assert generalized_advantages(paid, right, every, lam=0).advantages.tolist() == [[0, 0, 0.5, 0, 0]]
    assert generalized_advantages(paid, right, every, lam=1).advantages.tolist() == [[0.5, 0.5, 0.5, 0, 0]]
    late = generalized_advantages(paid, blank, every, lam=0.95).advantages[0]
    assert late.argmax() == 4


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 1000), st.floats(-5, 5))
def test_a_value_is_right_up_to_a_constant(seed, shift):
    returns = tables(seed)[0]
    assert explained_variance(returns + shift, returns, MASK) == pytest.approx(1)
    assert explained_variance(torch.full((2, 4), shift).double(), returns, MASK) == pytest.approx(0, abs=1e-9)
    assert explained_variance(-returns, returns, MASK) == pytest.approx(-3)


def test_where_nothing_varies_there_is_nothing_to_explain():
    assert explained_variance(torch.zeros(2, 4), torch.ones(2, 4), MASK) == 0
