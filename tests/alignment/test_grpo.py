"""Ventajas por grupos y la pérdida de GRPO."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.alignment.kl import k3
from siguiente.alignment.policy_gradient import clipped_objective, group_advantages, grpo_loss

GROUPS = st.lists(st.lists(st.integers(-5, 5), min_size=4, max_size=4), min_size=1, max_size=3)


def test_advantages_by_hand():
    values, silent = group_advantages(torch.tensor([[0.0, 2.0], [7.0, 7.0]]))
    assert values.flatten().tolist() == pytest.approx([-1 / (2**0.5 + 1e-4), 1 / (2**0.5 + 1e-4), 0, 0])
    assert silent.tolist() == [False, True]


@settings(max_examples=50, deadline=None)
@given(GROUPS, st.integers(1, 9), st.integers(-9, 9))
def test_neither_the_zero_nor_the_unit_of_the_reward_matters(groups, unit, zero):
    rewards = torch.tensor(groups, dtype=torch.double)
    values, silent = group_advantages(rewards)
    other = group_advantages(unit * rewards + zero)
    torch.testing.assert_close(other.values, values, atol=1e-3, rtol=1e-3)
    assert torch.equal(other.silent, silent)
    assert values.sum(1).abs().max() < 1e-9


def test_the_order_is_not_enough():
    """Con las mismas posiciones y otras distancias, las ventajas son otras."""
    same_order = group_advantages(torch.tensor([[0.0, 1.0, 0.3, 1.2], [0.0, 1.0, 0.3, 5.0]])).values
    assert same_order.argsort(1)[0].tolist() == same_order.argsort(1)[1].tolist()
    assert (same_order[0] - same_order[1]).abs().max() > 0.3


@settings(max_examples=50, deadline=None)
@given(st.floats(-1e3, 1e3, width=32))
def test_a_constant_reward_gives_exactly_nothing_and_says_so(reward):
    """Sin cuidado, el redondeo de la media dejaría una ventaja minúscula, dividida entre otra."""
    values, silent = group_advantages(torch.full((2, 7), reward))
    assert not values.any()
    assert silent.all()


def test_the_loss_by_hand():
    logprobs = torch.tensor([[1.5, 1.0], [1.0, 9.0]]).log()
    zero, mask = torch.zeros(2, 2), torch.tensor([[True, True], [True, False]])
    terms = grpo_loss(logprobs, zero, zero, torch.tensor([1.0, -2.0]), mask, clip=0.2, beta=0.5)
    kl = (1 / 1.5 - 1 + torch.tensor(1.5).log().item()) / 2 / 2  # media por respuesta y luego entre las dos
    # Se restan números cercanos a 1, y cada uno lleva medio épsilon de float32: 6e-8.
    assert terms.loss.item() == pytest.approx(-((1.2 + 1) / 2 - 2) / 2 + 0.5 * kl, abs=2e-7)
    assert terms.clipped.item() == pytest.approx(1 / 3)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 1000))
def test_it_is_the_loop_over_answers_and_tokens(seed):
    generator = torch.Generator().manual_seed(seed)
    new, old, ref = (torch.randn(3, 5, generator=generator).double() / 3 for _ in range(3))
    advantages = torch.randn(3, generator=generator).double()
    lengths = torch.randint(1, 6, (3,), generator=generator).tolist()
    mask = torch.arange(5) < torch.tensor(lengths)[:, None]
    total = 0.0
    for i, length in enumerate(lengths):
        for t in range(length):
            objective, _ = clipped_objective(new[i, t], old[i, t], advantages[i], 0.2)
            total -= (objective - 0.04 * k3(new[i, t], ref[i, t])).item() / length / 3
    assert grpo_loss(new, old, ref, advantages, mask).loss.item() == pytest.approx(total, abs=1e-9)
