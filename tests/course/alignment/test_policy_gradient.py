"""La media y el ruido exactos del gradiente son los de la pérdida del paquete, sorteo a sorteo."""

import pytest
import torch

from siguiente.alignment.policy_gradient import leave_one_out, reinforce_loss
from siguiente.course.alignment.policy_gradient import exact_gradient

POLICY = torch.tensor([0.5, 0.3, 0.2])
REWARDS = torch.tensor([1.0, 3.0, 0.0])


def one_by_one(advantages):
    """Lo mismo, con la pérdida y autograd, grupo a grupo de dos."""
    found, chances = [], []
    for a in range(3):
        for b in range(3):
            logits, pair = POLICY.log().requires_grad_(), torch.tensor([a, b])
            chosen = advantages(REWARDS[pair][None])[0]
            logprobs = logits.log_softmax(0)[pair, None]
            loss = reinforce_loss(logprobs, chosen, torch.ones(2, 1, dtype=torch.bool)).loss
            found.append(-torch.autograd.grad(loss, logits)[0])
            chances.append(POLICY[a] * POLICY[b])
    return torch.stack(found), torch.stack(chances)


@pytest.mark.parametrize("advantages", [leave_one_out, lambda rewards: rewards])
def test_it_is_the_loss_over_every_group(advantages):
    found, chances = one_by_one(advantages)
    mean = chances @ found
    exact = exact_gradient(POLICY, REWARDS, advantages, G=2)
    torch.testing.assert_close(exact.mean, mean)
    assert exact.noise == pytest.approx((chances @ (found - mean).square()).sum().sqrt().item(), abs=1e-6)


def test_the_others_as_baseline_keep_the_mean_and_the_whole_group_shrinks_it():
    true = exact_gradient(POLICY, REWARDS, lambda rewards: rewards, G=1).mean
    torch.testing.assert_close(exact_gradient(POLICY, REWARDS, leave_one_out, G=4).mean, true)
    centred = exact_gradient(POLICY, REWARDS, lambda rewards: rewards - rewards.mean(1, keepdim=True), G=4)
    torch.testing.assert_close(centred.mean, 0.75 * true)


def test_a_larger_group_has_less_noise():
    noises = [exact_gradient(POLICY, REWARDS, leave_one_out, G).noise for G in (2, 3, 4, 5)]
    assert noises == sorted(noises, reverse=True)
