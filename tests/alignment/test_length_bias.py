"""El sesgo por la longitud: se encuentra, se quita y lo bueno no se toca."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from siguiente.alignment.reward_model import RewardModel, correct_length, length_slope, score_answers
from siguiente.alignment.sequences import join_answers
from siguiente.transformers.gpt import GPT, GPTConfig

NUMBERS = st.floats(-5, 5)


def cases(n=60, seed=0):
    """Respuestas en que lo bueno suele ser largo."""
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, 9, (n,), generator=generator)
    gold = lengths / 4 + torch.randn(n, generator=generator)
    return gold, lengths


@given(NUMBERS, NUMBERS, NUMBERS)
def test_it_finds_the_slope_that_was_put(a, b, c):
    gold, lengths = cases()
    assert length_slope(a + b * gold + c * lengths, gold, lengths) == pytest.approx(c, abs=1e-4)


def test_it_is_the_linear_regression_of_scikit_learn():
    from sklearn.linear_model import LinearRegression

    gold, lengths = cases()
    rewards = torch.randn(60, generator=torch.Generator().manual_seed(1)) + gold
    model = LinearRegression().fit(torch.stack([gold, lengths], 1).double().numpy(), rewards.double().numpy())
    assert length_slope(rewards, gold, lengths) == pytest.approx(model.coef_[1], abs=1e-6)


def test_a_fair_reward_is_not_blamed_because_the_good_is_long():
    gold, lengths = cases()
    naive = torch.linalg.lstsq(torch.stack([torch.ones(60), lengths.float()], 1), gold[:, None]).solution[1]
    assert naive > 0.15
    assert length_slope(gold, gold, lengths) == pytest.approx(0, abs=1e-6)


def test_the_corrected_model_does_not_pay_for_length():
    gold, lengths = cases()
    model = RewardModel(GPT(GPTConfig(vocab_size=9, context_length=12, layers=1, heads=2, channels=8)))
    nn.init.normal_(model.values.head.weight, generator=torch.Generator().manual_seed(0))
    tokens = torch.randint(9, (60, 8), generator=torch.Generator().manual_seed(0)).tolist()
    rows = [row[:n] for row, n in zip(tokens, lengths, strict=True)]
    answers = join_answers([[1]] * 60, rows)
    before = score_answers(model, answers)
    slope = correct_length(model, answers, gold)
    after = score_answers(model, answers)
    assert abs(slope) > 1e-3
    assert slope == pytest.approx(length_slope(before, gold, lengths))
    assert length_slope(after, gold, lengths) == pytest.approx(0, abs=1e-6)
    torch.testing.assert_close(after, before - slope * lengths)
    assert correct_length(model, answers, gold) == pytest.approx(0, abs=1e-6)
    again = RewardModel(model.values.body)
    again.load_state_dict(model.state_dict())  # la corrección se guarda con los pesos
    torch.testing.assert_close(score_answers(again, answers), after)


def test_without_two_lengths_for_the_same_worth_there_is_no_slope():
    gold, _ = cases()
    for same in (torch.full((60,), 7), gold * 2):
        with pytest.raises(ValueError, match="no varía"):
            length_slope(gold, gold, same)
