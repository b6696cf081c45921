"""Las políticas de los cuentos: su forma, y cómo se ajusta una sin gastar minutos."""

from dataclasses import replace

import torch

from siguiente.course.alignment import story_policy
from siguiente.course.alignment.story_policy import (
    STORY_POLICY,
    load_story_policy,
    story_policy_losses,
)
from siguiente.course.data.story_requests import load_demonstrations
from siguiente.course.stories.base import STORY_BASE, make_story_base
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.words import WordTokenizer
from siguiente.runtime.recipe import Recipe


def test_the_policy_is_small_and_the_longest_answer_fits():
    shown = load_demonstrations("train", 500)
    tokenizer = WordTokenizer.from_texts(demo.completion for demo in shown)
    base = make_story_base(1478)
    assert sum(weights.numel() for weights in base.parameters()) <= 200_000
    longest = max(len(tokenizer.encode(demo.completion)) + 1 for demo in shown)
    asked = max(len(tokenizer.encode(demo.prompt)) + 1 for demo in shown)
    assert longest <= story_policy.ANSWER_LENGTH <= base.context_length - asked


def test_the_policy_learns_from_the_demonstrations(tmp_path, monkeypatch):
    tokenizer = WordTokenizer.from_texts(demo.completion for demo in load_demonstrations("train", 3_000))
    base = TextModel(make_story_base(tokenizer.vocab_size), tokenizer)
    monkeypatch.setattr(type(STORY_BASE), "load", lambda self: base)
    monkeypatch.setattr(story_policy, "DEMONSTRATIONS", 16)
    monkeypatch.setattr(
        story_policy, "SFT_CONFIG", replace(story_policy.SFT_CONFIG, steps=12, batch_size=4, warmup=2)
    )
    run = STORY_POLICY.train(STORY_POLICY.part(), tmp_path)
    monkeypatch.setattr(Recipe, "folder", lambda self: tmp_path)
    losses = story_policy_losses()
    assert len(losses) == 12
    assert losses[-1] < losses[0] - 1
    measured = run.measure(losses)
    assert len(measured) == story_policy.TOLD
    assert max(measured) < 0
    learned = {name: value.clone() for name, value in run.model.state_dict().items()}
    base.model.load_state_dict(make_story_base(tokenizer.vocab_size).state_dict())
    again = load_story_policy().model
    assert not again.training
    assert all(torch.equal(learned[name], value) for name, value in again.state_dict().items())
