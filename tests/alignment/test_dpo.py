"""La pérdida de DPO y la recompensa implícita."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.alignment.dpo import dpo_loss
from siguiente.alignment.reward_model import bradley_terry_loss


def random_logprobs(seed, requires_grad=False):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(5, generator=generator).double().requires_grad_(requires_grad) for _ in range(4)]


def test_before_learning_it_is_a_coin():
    logprobs = torch.tensor([-10.0, -20.0])
    terms = dpo_loss(logprobs, logprobs - 3, logprobs, logprobs - 3)
    assert terms.loss.item() == pytest.approx(math.log(2))
    assert terms.chosen_reward == terms.rejected_reward == 0


def test_the_loss_by_hand():
    terms = dpo_loss(*torch.tensor([[-3.0], [-6.0], [-4.0], [-4.0]]), beta=0.5)
    assert terms.loss.item() == pytest.approx(math.log(1 + math.exp(-1.5)))
    assert [x.item() for x in terms[1:]] == [0.5, -1.0, 1.0]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 1000), st.floats(0.01, 2))
def test_it_is_bradley_terry_with_the_implicit_reward(seed, beta):
    chosen, rejected, ref_chosen, ref_rejected = random_logprobs(seed)
    rewards = beta * (chosen - ref_chosen), beta * (rejected - ref_rejected)
    terms = dpo_loss(chosen, rejected, ref_chosen, ref_rejected, beta)
    torch.testing.assert_close(terms.loss, bradley_terry_loss(*rewards))
    assert terms.accuracy == (rewards[0] > rewards[1]).float().mean()


def test_its_gradient_is_that_of_the_paper():
    chosen, rejected, ref_chosen, ref_rejected = random_logprobs(0, requires_grad=True)
    dpo_loss(chosen, rejected, ref_chosen, ref_rejected, beta=0.3).loss.backward()
    wrong = (0.3 * (rejected - ref_rejected - chosen + ref_chosen)).sigmoid() / 5
    torch.testing.assert_close(chosen.grad, -0.3 * wrong.detach())
    torch.testing.assert_close(rejected.grad, 0.3 * wrong.detach())


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 1))
def test_doubt_mixes_the_two_orders(seed, p):
    chosen, rejected, ref_chosen, ref_rejected = random_logprobs(seed)
    found = dpo_loss(chosen, rejected, ref_chosen, ref_rejected, 0.3, torch.full_like(chosen, p)).loss
    right = dpo_loss(chosen, rejected, ref_chosen, ref_rejected, 0.3).loss
    flipped = dpo_loss(rejected, chosen, ref_rejected, ref_chosen, 0.3).loss
    torch.testing.assert_close(found, p * right + (1 - p) * flipped)
