"""Las pérdidas que aprenden de parejas: sus cuentas a mano, sus gradientes y a dónde llegan en una tabla."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.alignment.dpo import Compared, dpo_loss, ipo_loss, kto_loss, simpo_loss, strayed
from siguiente.alignment.reward_model import bradley_terry_loss
from siguiente.alignment.sequences import join_answers
from siguiente.course.alignment.dpo import descend

REF = torch.tensor([0.4, 0.3, 0.2, 0.1]).double().log()


def random_logprobs(seed, requires_grad=False):
    generator = torch.Generator().manual_seed(seed)
    return Compared(
        *(torch.randn(5, generator=generator).double().requires_grad_(requires_grad) for _ in range(4))
    )


def by_hand(*numbers):
    return Compared(*torch.tensor(numbers).double()[:, None])


def test_before_learning_it_is_a_coin():
    logprobs = torch.tensor([-10.0, -20.0])
    seen = Compared(logprobs, logprobs - 3, logprobs, logprobs - 3)
    assert dpo_loss(seen).item() == pytest.approx(math.log(2))
    assert kto_loss(seen).item() == 0.5


def test_the_losses_by_hand():
    seen = by_hand(-3.0, -6.0, -4.0, -4.0)  # la preferida sube 1; la otra baja 2
    assert seen.margin.item() == 3
    assert dpo_loss(seen, beta=0.5).item() == pytest.approx(math.log(1 + math.exp(-1.5)))
    assert ipo_loss(seen, beta=0.5).item() == pytest.approx((3 - 1) ** 2)
    good, bad = 1 / (1 + math.exp(0.5)), 1 / (1 + math.exp(1.0))
    assert kto_loss(seen, beta=0.5).item() == pytest.approx((good + bad) / 2)
    long = seen._replace(sizes=(torch.tensor([2]), torch.tensor([3])))
    assert simpo_loss(long, beta=2.0, gap=0.25).item() == pytest.approx(math.log(1 + math.exp(-0.5)))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 1000), st.floats(0.01, 2))
def test_it_is_bradley_terry_with_the_implicit_reward(seed, beta):
    seen = random_logprobs(seed)
    chosen, rejected = seen.changes
    torch.testing.assert_close(dpo_loss(seen, beta), bradley_terry_loss(beta * chosen, beta * rejected))


def test_its_gradient_is_that_of_the_paper():
    seen = random_logprobs(0, requires_grad=True)
    dpo_loss(seen, beta=0.3).backward()
    wrong = (-0.3 * seen.margin).sigmoid().detach() / 5
    torch.testing.assert_close(seen.chosen.grad, -0.3 * wrong)
    torch.testing.assert_close(seen.rejected.grad, 0.3 * wrong)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 1))
def test_doubt_mixes_the_two_orders(seed, p):
    seen = random_logprobs(seed)
    other = Compared(seen.rejected, seen.chosen, seen.ref_rejected, seen.ref_chosen)
    found = dpo_loss(seen, 0.3, torch.full_like(seen.chosen, p))
    torch.testing.assert_close(found, p * dpo_loss(seen, 0.3) + (1 - p) * dpo_loss(other, 0.3))


def test_the_divergence_of_kto_has_no_gradient_and_is_never_negative():
    seen = random_logprobs(1)
    up, down = (seen._replace(stray=torch.tensor([x, x], requires_grad=True)) for x in (2.0, -2.0))
    torch.testing.assert_close(kto_loss(down), kto_loss(seen))
    assert not kto_loss(up).requires_grad
    assert kto_loss(up) != kto_loss(seen)


def test_simpo_forgets_the_first_policy():
    seen = random_logprobs(2)
    moved = seen._replace(ref_chosen=seen.ref_chosen + 3)
    assert simpo_loss(moved) == simpo_loss(seen)


def test_with_judges_that_never_doubt_only_ipo_stops():
    """Una pareja y una tabla: IPO llega a su margen y no pasa; DPO sigue."""
    a, b = torch.tensor([3]), torch.tensor([0])

    def ends(loss, steps):
        table = descend(lambda p: loss(Compared(p[a], p[b], REF[a], REF[b]), 0.5), REF, steps).log()
        return Compared(table[a], table[b], REF[a], REF[b]).margin.item()

    assert ends(ipo_loss, 500) == pytest.approx(1, abs=1e-3)
    assert ends(ipo_loss, 2000) == pytest.approx(1, abs=1e-3)
    assert ends(dpo_loss, 2000) > ends(dpo_loss, 500) + 1 > 5


def test_a_stray_answer_keeps_its_prompt_and_its_length():
    ids, mask = strayed(join_answers([[1, 2], [3], [4]], [[5], [6, 7, 0], [8, 0]]))
    assert ids.tolist() == [[1, 2, 8, 0], [3, 5, 0, 0], [4, 6, 7, 0]]
    assert mask.int().tolist() == [[0, 0, 1, 1], [0, 1, 0, 0], [0, 1, 1, 1]]
