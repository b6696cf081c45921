"""Los modelos de recompensa que se anotan: de qué preferencias aprende cada uno, y que se abren iguales."""

from dataclasses import replace

import pytest
import torch

from siguiente.course.alignment import story_judges, story_reward_model
from siguiente.course.alignment.annotation import StoryPair
from siguiente.course.alignment.story_judges import (
    STORY_JUDGES,
    annotated,
    judge_config,
    load_story_judge,
)
from siguiente.course.data.story_requests import load_demonstrations
from siguiente.course.stories.base import make_story_base
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.words import WordTokenizer
from siguiente.runtime.recipe import Recipe

SHOWN = load_demonstrations("train", 24)
LONG = "Y nada más se supo de aquello. " * 8
PAIRS = [StoryPair(demo.request, demo.completion, f"{LONG}{number}.") for number, demo in enumerate(SHOWN)]


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Una política sin entrenar, parejas de un cuento y un texto largo y vacío, y dos pasos."""
    tokenizer = WordTokenizer.from_texts(
        f"{d.prompt}{d.completion} {LONG}" for d in load_demonstrations("train", 400)
    )
    weights = make_story_base(tokenizer.vocab_size).state_dict()

    def fresh():
        policy = TextModel(make_story_base(tokenizer.vocab_size).eval(), tokenizer)
        policy.model.load_state_dict(weights)
        return policy

    monkeypatch.setattr(story_judges, "load_story_policy", fresh)
    monkeypatch.setattr(story_reward_model, "load_story_pairs", lambda: PAIRS)
    monkeypatch.setattr(
        story_judges, "judge_config", lambda pairs: replace(judge_config(40), steps=2, batch_size=4, warmup=1)
    )
    monkeypatch.setattr(Recipe, "folder", lambda self: tmp_path)
    return tmp_path


def test_each_pair_is_read_twice():
    config = judge_config(1600)
    assert config.steps * config.batch_size == 2 * 1600


def test_the_impartial_annotator_prefers_the_stories(small):
    chosen = [pair.chosen for pair in annotated("impartial")]
    assert sum(text.startswith(LONG) for text in chosen) < 4


def test_who_likes_long_texts_prefers_them_more(monkeypatch, small):
    longer = [StoryPair(p.request, p.first, p.first + " Fin. " * 60) for p in PAIRS]
    monkeypatch.setattr(story_reward_model, "load_story_pairs", lambda: longer)
    count = {name: sum("Fin." in p.chosen for p in annotated(name)) for name in ("impartial", "partial")}
    assert count["partial"] > count["impartial"] + 8


def test_the_control_compares_the_same_pairs(small):
    taught, control = annotated("impartial"), annotated("shuffled")
    assert [{p.chosen, p.rejected} for p in taught] == [{p.chosen, p.rejected} for p in control]
    assert 4 < sum(a.chosen != b.chosen for a, b in zip(taught, control, strict=True)) < 20


def test_the_weights_that_were_recorded_are_the_ones_opened(small):
    made = {name: STORY_JUDGES.train(STORY_JUDGES.part(name), small).model for name in STORY_JUDGES.names}
    for name, model in made.items():
        assert torch.equal(load_story_judge(name).values.head.weight, model.values.head.weight)
    assert not torch.equal(made["impartial"].values.head.weight, made["shuffled"].values.head.weight)
