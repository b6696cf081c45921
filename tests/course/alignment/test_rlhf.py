"""Los tres métodos con el mismo esfuerzo, el control con el valor en blanco y el reparto del mérito."""

from dataclasses import replace

import pytest
import torch

from siguiente.alignment.reward_model import ValueModel
from siguiente.alignment.rl import PPO
from siguiente.alignment.rollouts import sample_answers
from siguiente.course.alignment import policy_scores, rlhf
from siguiente.course.alignment.rlhf import (
    CHOSEN,
    METHODS,
    RATES,
    RUN_CONFIG,
    STORY_BLANK,
    STORY_RATES,
    STORY_RUNS,
    TRIALS,
    credit,
    explained_steps,
    fairness,
    fit_value,
    load_method,
    reuse_answers,
    tried_rates,
)
from siguiente.language_models.training import TrainingConfig


@pytest.fixture
def brief(small, monkeypatch):
    monkeypatch.setattr(rlhf, "RUN_CONFIG", replace(RUN_CONFIG, steps=2, batch_size=1, length=6, warmup=1))
    monkeypatch.setattr(rlhf, "EVERY", 1)
    monkeypatch.setattr(rlhf, "REPEATED", 1)
    shorter = policy_scores.measured_prompts()[:4]
    for module in (rlhf, policy_scores):
        monkeypatch.setattr(module, "measured_prompts", lambda: shorter)
    return small


def test_each_method_is_measured_before_during_and_after(brief, monkeypatch):
    for recipe, name in ((STORY_RUNS, "ppo"), (STORY_RUNS, "grpo"), (STORY_BLANK, "blank")):
        monkeypatch.setattr(recipe, "seeds", (0,))
        brief.record(recipe, name)
        paths = load_method(name)
        assert paths.steps == [0, 1, 2]
        assert paths.of("kl")[0, 0] == 0
        assert explained_steps(paths).shape == (1, 0 if name == "grpo" else 2)
    assert len(STORY_RUNS.parts) == 3 * 8


def test_only_the_value_of_the_reward_expects_something_at_first(small):
    ids = torch.tensor([[1, 2, 3]])
    made = {name: METHODS[name](small.policy.model, small.judge) for name in ("ppo", "blank")}
    assert all(isinstance(method, PPO) for method in made.values())
    torch.testing.assert_close(made["ppo"].value(ids), small.judge.values(ids))
    assert made["ppo"].value is not small.judge.values
    assert not made["blank"].value(ids).any()


def test_every_rate_is_tried_the_same_and_one_of_them_is_chosen(brief):
    assert len(TRIALS) == 9
    assert set(CHOSEN.values()) <= set(RATES)
    assert CHOSEN["blank"] == CHOSEN["ppo"]
    for name in TRIALS:
        brief.record(STORY_RATES, name)
    worth = tried_rates()
    assert [len(row) for row in worth.values()] == [3, 3, 3]


def test_the_effort_is_the_same():
    rows = fairness()
    assert all(len(set(rows[what])) == 1 for what in list(rows)[:6])


def test_a_value_learns_what_the_answers_earned(small):
    told = sample_answers(
        small.policy, ["Quiero un cuento.\n"] * 64, torch.Generator().manual_seed(0), length=6
    )
    long = told.answers.mask.sum(1).float()
    value = ValueModel(small.policy.model)
    config = TrainingConfig(steps=8, batch_size=8, learning_rate=1e-2)
    explained = list(fit_value(value, told.answers, 3 + 0 * long, config))
    assert explained == [0.0] * 8  # todas ganan lo mismo: no hay varianza que explicar
    assert value(told.answers.ids[:, :-1]).mean() > 0.5


def test_the_credit_of_an_answer_adds_up(small):
    told = sample_answers(
        small.policy, ["Quiero un cuento.\n"] * 2, torch.Generator().manual_seed(0), length=6
    )
    rewards = torch.tensor([1.0, -1.0])
    for row, earned, mask in zip(
        credit(small.judge.values, small.policy, told.answers, rewards),
        rewards,
        told.answers.mask,
        strict=True,
    ):
        assert len(row.tokens) == len(row.values) == len(row.advantages) == mask.sum()
        assert row.advantages[-1].item() == pytest.approx((earned - row.values[-1]).item(), abs=1e-5)


def test_the_clip_stops_what_would_go_on():
    policy, points = torch.tensor([0.4, 0.3, 0.2, 0.1]), torch.tensor([0.0, 1.0, 0.3, 1.2])
    free, clipped = (reuse_answers(policy, points - policy @ points, clip, 40) for clip in (1e9, 0.2))
    assert free[-1].max() > 2
    assert clipped[-1].max() < 1.4
    assert torch.equal(clipped[-1], clipped[-2])
