"""El recorte de PPO, caso por caso."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.alignment.policy_gradient import VALUE_WEIGHT, clipped_objective, ppo_loss, reinforce_loss

ONE = torch.ones(1, 1, dtype=torch.bool)


def policy_gradient_at(ratio, advantage):
    logprob = torch.tensor([[ratio]]).log().requires_grad_()
    zero, advantages = torch.zeros(1, 1), torch.tensor([[advantage]])
    terms = ppo_loss(logprob, zero, advantages, zero, zero, zero, ONE, clip=0.2)
    terms.loss.backward()
    return logprob.grad.item(), terms.clipped.item()


@pytest.mark.parametrize(
    ("ratio", "advantage", "slope", "clipped"),
    [
        (1.0, 2.0, -2.0, 0),
        (1.1, 2.0, -2.2, 0),
        (1.3, 2.0, 0.0, 1),  # ya mejoró bastante: se para
        (0.7, 2.0, -1.4, 0),  # empeoró: puede volver
        (0.7, -2.0, 0.0, 1),
        (1.3, -2.0, 2.6, 0),
        (1.3, 0.0, 0.0, 0),
    ],
)
def test_only_what_already_improved_stops(ratio, advantage, slope, clipped):
    assert policy_gradient_at(ratio, advantage) == (pytest.approx(slope, abs=1e-6), clipped)


@settings(max_examples=50, deadline=None)
@given(st.floats(-2, 2), st.floats(-3, 3))
def test_the_objective_never_exceeds_the_free_one(log_ratio, advantage):
    ratio, advantage = torch.tensor(log_ratio), torch.tensor(advantage)
    objective, _ = clipped_objective(ratio, torch.tensor(0.0), advantage, 0.2)
    assert objective <= ratio.exp() * advantage + 1e-6


def test_the_first_step_is_reinforce():
    """Mientras la política no se ha movido, el gradiente es el mismo, salvo repartir entre tokens."""
    generator = torch.Generator().manual_seed(0)
    mask = torch.tensor([[True, True, False], [True, True, True]])
    advantages, logprobs = torch.randn(2, generator=generator), torch.randn(2, 3, generator=generator)
    each = advantages[:, None].expand(2, 3)
    zero, found = torch.zeros(2, 3), []
    for loss, weight in (
        (lambda x: ppo_loss(x, logprobs, each, zero, zero, zero, mask).loss, mask.sum()),
        (lambda x: reinforce_loss(x, advantages, mask).loss, 2),
    ):
        leaf = logprobs.clone().requires_grad_()
        loss(leaf).backward()
        found.append(leaf.grad * weight)
    torch.testing.assert_close(*found)


def test_the_value_term_by_hand():
    values = torch.tensor([[0.1, 0.9, -1.0]], requires_grad=True)
    returns, zero, mask = (
        torch.tensor([[1.0, 1.0, 1.0]]),
        torch.zeros(1, 3),
        torch.ones(1, 3, dtype=torch.bool),
    )
    loss = ppo_loss(zero, zero, zero, values, zero, returns, mask).loss
    # 0,9² sin recortar; 0,8² porque 0,9 se recorta a 0,2; y 2² porque el mayor de 2² y 1,2² es el primero.
    assert loss.item() == pytest.approx(VALUE_WEIGHT * (0.81 + 0.64 + 4) / 6)
    loss.backward()
    assert values.grad[0].tolist() == pytest.approx([-0.3 * VALUE_WEIGHT, 0, -2 / 3 * VALUE_WEIGHT])


def test_what_is_masked_does_not_count():
    mask = torch.tensor([[True, False]])
    tables = [torch.tensor([[0.1 * i, float("nan")]]) for i in range(6)]
    alone = ppo_loss(*(table[:, :1] for table in tables), mask[:, :1])
    assert ppo_loss(*tables, mask) == alone
