"""Las políticas ajustadas con refuerzo: cada método con lo suyo, guardado para abrirlo después."""

from dataclasses import replace

import pytest
import torch

from siguiente.alignment.reward_model import RewardModel
from siguiente.alignment.rl import PPO
from siguiente.course.alignment import story_policy, story_reward_model, story_runs
from siguiente.course.alignment.story_runs import (
    METHODS,
    RUN_CONFIG,
    STORY_RUNS,
    load_run,
)
from siguiente.course.data.story_requests import load_demonstrations
from siguiente.course.stories.base import make_story_base
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.words import WordTokenizer
from siguiente.runtime.recipe import Recipe


@pytest.fixture(scope="module")
def start():
    tokenizer = WordTokenizer.from_texts(demo.completion for demo in load_demonstrations("train", 100))
    return make_story_base(tokenizer.vocab_size).eval(), tokenizer


@pytest.fixture
def runs(tmp_path, monkeypatch, start):
    """Los tres métodos, en dos pasos de ocho respuestas cortas, con un modelo de recompensa al azar."""
    model, tokenizer = start
    reward = RewardModel(model).eval()
    torch.nn.init.normal_(reward.values.head.weight, generator=torch.Generator().manual_seed(0))

    def fresh():
        copy = make_story_base(tokenizer.vocab_size)
        copy.load_state_dict(model.state_dict())
        return TextModel(copy.eval(), tokenizer)

    for module in (story_policy, story_reward_model, story_runs):
        monkeypatch.setattr(module, "load_story_policy", fresh)
    monkeypatch.setattr(story_reward_model, "load_story_reward", lambda: reward)
    monkeypatch.setattr(story_runs, "told", lambda policy: list)  # con este vocabulario no caben
    monkeypatch.setattr(story_runs, "ASKED", 4)
    small = replace(RUN_CONFIG, steps=2, batch_size=8, length=6, warmup=1)
    monkeypatch.setattr(story_runs, "RUN_CONFIG", small)
    for part in STORY_RUNS.parts():
        STORY_RUNS.train(part, tmp_path)
    monkeypatch.setattr(Recipe, "folder", lambda self: tmp_path)
    return {name: load_run(name) for name in METHODS}


def test_each_method_is_stored_with_its_reports(runs):
    for policy, reports in runs.values():
        assert [report.step for report in reports] == [0, 1]
        assert reports[0].kl == pytest.approx(0, abs=1e-5)
        assert isinstance(reports[1].sample, str)
        assert policy.model.config.layers == 2
    weights = [policy.model.tokens.weight for policy, _ in runs.values()]
    assert not torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[1], weights[2])


def test_all_write_the_same_number_of_answers():
    assert RUN_CONFIG.steps == 40
    for _, group, epochs in METHODS.values():
        assert RUN_CONFIG.batch_size % group == 0
        assert epochs >= 1


def test_ppo_learns_a_value_of_its_own(start):
    method = METHODS["ppo"].make(start[0])
    assert isinstance(method, PPO)
    assert sum(weights.numel() for weights in method.learned.parameters()) > 0
