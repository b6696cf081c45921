"""REINFORCE y sus líneas base, con todas las respuestas posibles a la vista."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.alignment.policy_gradient import leave_one_out, reinforce_loss

REWARDS = torch.tensor([1.0, 0.0, 4.0]).double()
ONE = torch.ones(1, 1, dtype=torch.bool)


def centred(rewards):
    """La media de todas como línea base: incluye a la propia, y por eso el gradiente se queda corto."""
    return rewards - rewards.mean()


def gradients(logits, rewards):
    """El gradiente de REINFORCE con cada una de las K respuestas, (K, K)."""
    rows = []
    for y, reward in enumerate(rewards):
        loss = reinforce_loss(logits.log_softmax(-1)[y].view(1, 1), reward.view(1), ONE).loss
        rows.append(torch.autograd.grad(loss, logits)[0])
    return torch.stack(rows)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=3, max_size=3))
def test_its_mean_gradient_is_that_of_the_mean_reward(start):
    logits = torch.tensor(start, dtype=torch.double, requires_grad=True)
    truth = torch.autograd.grad(-(logits.softmax(-1) * REWARDS).sum(), logits)[0]
    torch.testing.assert_close(logits.softmax(-1).detach() @ gradients(logits, REWARDS), truth)


def test_a_baseline_changes_the_noise_and_not_the_mean():
    logits = torch.tensor([0.5, 0.0, -0.5], dtype=torch.double, requires_grad=True)
    policy = logits.softmax(-1).detach()
    plain, based = (gradients(logits, REWARDS + 10 - b) for b in (0, 10 + policy @ REWARDS))
    torch.testing.assert_close(policy @ plain, policy @ based)
    variances = [(policy @ (g - policy @ g) ** 2).sum() for g in (plain, based)]
    assert variances[0] > 10 * variances[1]


def test_the_loss_by_hand():
    logprobs = torch.tensor([[-1.0, -2.0, -9.0], [-3.0, -9.0, -9.0]])
    mask = torch.tensor([[True, True, False], [True, False, False]])
    loss = reinforce_loss(logprobs, torch.tensor([2.0, -1.0]), mask).loss
    assert loss.item() == pytest.approx((2 * 3 - 1 * 3) / 2)


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 6), st.integers(0, 1000))
def test_leave_one_out_is_the_centred_one_made_longer(G, seed):
    rewards = torch.randn(3, G, generator=torch.Generator().manual_seed(seed)).double()
    expected = torch.stack([centred(row) for row in rewards]) * G / (G - 1)
    torch.testing.assert_close(leave_one_out(rewards), expected)


def test_leave_one_out_by_hand():
    assert leave_one_out(torch.tensor([[3.0, 1.0], [5.0, 5.0]])).tolist() == [[2, -2], [0, 0]]


def test_the_centred_gradient_is_short_and_the_other_is_not():
    """Con dos respuestas sueltas de dos posibles, la media exacta del gradiente sobre todos los pares."""
    logits = torch.tensor([0.3, -0.3], dtype=torch.double, requires_grad=True)
    policy, rewards = logits.softmax(-1).detach(), torch.tensor([0.0, 1.0]).double()
    truth = torch.autograd.grad(-(logits.softmax(-1) * rewards).sum(), logits)[0]
    found = {"centred": torch.zeros(2).double(), "loo": torch.zeros(2).double()}
    for a in range(2):
        for b in range(2):
            pair, chance = torch.tensor([a, b]), policy[a] * policy[b]
            for name, advantages in (
                ("centred", centred(rewards[pair])),
                ("loo", leave_one_out(rewards[pair][None])[0]),
            ):
                loss = reinforce_loss(logits.log_softmax(-1)[pair, None], advantages, ONE.expand(2, 1)).loss
                found[name] += chance * torch.autograd.grad(loss, logits)[0]
    torch.testing.assert_close(found["loo"], truth)
    torch.testing.assert_close(found["centred"], truth / 2)
