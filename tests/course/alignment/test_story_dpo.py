"""La política de DPO y su control: las mismas parejas, con las preferencias del anotador o barajadas."""

from collections import Counter
from dataclasses import replace

import pytest
import torch

from siguiente.course.alignment import story_dpo, story_policy, story_reward_model
from siguiente.course.alignment.annotation import StoryPair
from siguiente.course.alignment.story_dpo import DPO_CONFIG, STORY_DPO, load_story_dpo
from siguiente.course.alignment.story_reward_model import story_preferences
from siguiente.course.data.story_requests import load_demonstrations
from siguiente.course.stories.base import make_story_base
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.words import WordTokenizer
from siguiente.runtime.recipe import Recipe

SHOWN = load_demonstrations("train", 16)
PAIRS = [StoryPair(demo.request, demo.completion, "No sé ningún cuento.") for demo in SHOWN]


@pytest.fixture
def small(monkeypatch):
    """Parejas en las que un cuento es bueno y el otro no, y pocos pasos."""
    tokenizer = WordTokenizer.from_texts(demo.completion for demo in SHOWN)
    start = make_story_base(tokenizer.vocab_size).state_dict()

    def fresh():
        policy = TextModel(make_story_base(tokenizer.vocab_size).eval(), tokenizer)
        policy.model.load_state_dict(start)
        return policy

    for module in (story_dpo, story_policy):
        monkeypatch.setattr(module, "load_story_policy", fresh)
    monkeypatch.setattr(story_dpo, "told", lambda policy: list)  # con este vocabulario no caben
    monkeypatch.setattr(story_reward_model, "load_story_pairs", lambda: PAIRS)
    monkeypatch.setattr(story_dpo, "DPO_CONFIG", replace(DPO_CONFIG, steps=4, batch_size=4, warmup=1))


def test_the_annotator_prefers_the_story(small):
    chosen = Counter(pair.chosen for pair in story_preferences())
    assert chosen["No sé ningún cuento."] == 0


def test_dpo_and_its_control_are_stored_with_their_reports(small, tmp_path, monkeypatch):
    for part in STORY_DPO.parts():
        STORY_DPO.train(part, tmp_path)
    monkeypatch.setattr(Recipe, "folder", lambda self: tmp_path)
    learned, control = load_story_dpo(), load_story_dpo(shuffled=True)
    for run in (learned, control):
        assert [report.step for report in run.reports] == [0, 1, 2, 3]
        assert run.reports[0].loss == pytest.approx(0.6931, abs=1e-4)
    assert learned.reports[-1].loss < 0.5 < control.reports[-1].loss
    assert not torch.equal(learned.policy.model.tokens.weight, control.policy.model.tokens.weight)


def test_each_pair_is_seen_once():
    assert DPO_CONFIG.steps * DPO_CONFIG.batch_size == 4000
