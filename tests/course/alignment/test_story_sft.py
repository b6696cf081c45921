"""Los ajustes cortos que se anotan: qué lee cada uno, y que se abren los pesos que se anotaron."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from siguiente.alignment.sequences import Demonstrations
from siguiente.course.alignment import story_sft
from siguiente.course.alignment.story_sft import (
    CHANGES,
    SHORT_CONFIG,
    SHOWN,
    STORY_SFT,
    load_short_sft,
)
from siguiente.course.data.story_requests import load_demonstrations
from siguiente.course.stories.base import make_story_base
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.words import WordTokenizer
from siguiente.runtime.recipe import Recipe


@pytest.fixture
def start(monkeypatch, tmp_path):
    """Un modelo base sin entrenar, pocas demostraciones y dos pasos."""
    tokenizer = WordTokenizer.from_texts(
        f"{d.prompt}{d.completion}" for d in load_demonstrations("train", 400)
    )
    weights = make_story_base(tokenizer.vocab_size).state_dict()

    def load():
        model = make_story_base(tokenizer.vocab_size)
        model.load_state_dict(weights)
        return TextModel(model.eval(), tokenizer)

    monkeypatch.setattr(story_sft, "STORY_BASE", SimpleNamespace(load=load))
    monkeypatch.setattr(story_sft, "SHOWN", 20)
    monkeypatch.setattr(story_sft, "SHORT_CONFIG", replace(SHORT_CONFIG, steps=2, batch_size=4, warmup=1))
    monkeypatch.setattr(Recipe, "folder", lambda self: tmp_path)
    return load(), tmp_path


def test_with_all_of_them_each_demonstration_is_read_once():
    assert SHORT_CONFIG.steps * SHORT_CONFIG.batch_size == SHOWN


@pytest.mark.parametrize("name", ["few-16", "few-64", "few-256"])
def test_the_few_are_the_first_ones(name):
    data = Demonstrations([[0, i] for i in range(300)], [[i] for i in range(300)])
    count = int(name.partition("-")[2])
    assert CHANGES[name](data) == Demonstrations(data.prompts[:count], data.answers[:count])


def test_only_without_the_mask_are_the_requests_learned(start):
    model, _ = start
    data = story_sft.encode_demonstrations(model, load_demonstrations("train", 3))
    assert CHANGES["all"](data) == data
    whole = CHANGES["unmasked"](data)
    assert {tuple(prompt) for prompt in whole.prompts} == {(model.tokenizer.bos_id,)}
    joined = [prompt + answer for prompt, answer in zip(*whole, strict=True)]
    assert joined == [prompt + answer for prompt, answer in zip(*data, strict=True)]


def test_the_weights_that_were_recorded_are_the_ones_opened(start):
    base, folder = start
    learned = {name: STORY_SFT.train(STORY_SFT.part(name), folder).model for name in ("all", "endless")}
    for name, model in learned.items():
        opened = load_short_sft(name).model
        assert torch.equal(opened.tokens.weight, model.tokens.weight)
        assert not torch.equal(opened.tokens.weight, base.model.tokens.weight)
        assert len(STORY_SFT.rows(name)) == 2
    assert not torch.equal(learned["all"].tokens.weight, learned["endless"].tokens.weight)


def test_an_unknown_change_says_which_ones_there_are(start):
    with pytest.raises(ValueError, match=r"no tiene 'half'.*few-16"):
        load_short_sft("half")
