"""La política de los cuentos y los ajustes cortos: su forma, qué lee cada uno y que se abren iguales."""

from dataclasses import replace

import pytest
import torch

from siguiente.alignment.sequences import Demonstrations, encode_demonstrations
from siguiente.course.alignment import sft
from siguiente.course.alignment.sft import (
    CHANGES,
    SHORT_CONFIG,
    SHOWN,
    STORY_POLICY,
    STORY_SFT,
    load_short_sft,
    story_policy_losses,
)
from siguiente.course.data.story_requests import load_demonstrations
from siguiente.course.stories.base import make_story_base

LOAD_POLICY = sft.load_story_policy


def test_the_policy_is_small_and_the_longest_answer_fits(tokenizer):
    shown, base = load_demonstrations("train", 400), make_story_base(1478)
    assert sum(weights.numel() for weights in base.parameters()) <= 200_000
    longest = max(len(tokenizer.encode(demo.completion)) + 1 for demo in shown)
    asked = max(len(tokenizer.encode(demo.prompt)) + 1 for demo in shown)
    assert longest <= sft.ANSWER_LENGTH <= base.context_length - asked


def test_the_policy_learns_from_the_demonstrations(small, monkeypatch):
    monkeypatch.setattr(sft, "DEMONSTRATIONS", 16)
    monkeypatch.setattr(sft, "SFT_CONFIG", replace(sft.SFT_CONFIG, steps=12, batch_size=4, warmup=2))
    run = small.record(STORY_POLICY)
    losses = story_policy_losses()
    assert len(losses) == 12
    assert losses[-1] < losses[0] - 1
    measured = run.measure(losses)
    assert len(measured) == sft.TOLD
    assert max(measured) < 0
    again = LOAD_POLICY().model
    assert not again.training
    learned = run.model.state_dict()
    assert all(torch.equal(learned[name], value) for name, value in again.state_dict().items())


def test_with_all_of_them_each_demonstration_is_read_once():
    assert SHORT_CONFIG.steps * SHORT_CONFIG.batch_size == SHOWN


@pytest.mark.parametrize("name", ["few-16", "few-64", "few-256"])
def test_the_few_are_the_first_ones(name):
    data = Demonstrations([[0, i] for i in range(300)], [[i] for i in range(300)])
    count = int(name.partition("-")[2])
    assert CHANGES[name](data) == Demonstrations(data.prompts[:count], data.answers[:count])


def test_only_without_the_mask_are_the_requests_learned(small):
    data = encode_demonstrations(small.policy, load_demonstrations("train", 3))
    assert CHANGES["all"](data) == data
    whole = CHANGES["unmasked"](data)
    assert {tuple(prompt) for prompt in whole.prompts} == {(small.policy.tokenizer.bos_id,)}
    joined = [prompt + answer for prompt, answer in zip(*whole, strict=True)]
    assert joined == [prompt + answer for prompt, answer in zip(*data, strict=True)]


def test_the_weights_that_were_recorded_are_the_ones_opened(small, monkeypatch):
    monkeypatch.setattr(sft, "SHOWN", 20)
    monkeypatch.setattr(sft, "SHORT_CONFIG", replace(SHORT_CONFIG, steps=2, batch_size=4, warmup=1))
    learned = {name: small.record(STORY_SFT, name).model for name in ("all", "endless")}
    for name, model in learned.items():
        opened = load_short_sft(name).model
        assert torch.equal(opened.tokens.weight, model.tokens.weight)
        assert not torch.equal(opened.tokens.weight, small.policy.model.tokens.weight)
        assert len(STORY_SFT.rows(name)) == 2
    assert not torch.equal(learned["all"].tokens.weight, learned["endless"].tokens.weight)


def test_an_unknown_change_says_which_ones_there_are(small):
    with pytest.raises(ValueError, match=r"no tiene 'half'.*few-16"):
        load_short_sft("half")
