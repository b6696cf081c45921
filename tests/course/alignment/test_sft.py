"""La política de los cuentos y los ajustes que se repiten: su forma, qué lee cada uno y qué se mide."""

from dataclasses import replace

import pytest
import torch

from siguiente.alignment.rollouts import Rollouts
from siguiente.alignment.sequences import Demonstrations, encode_answers, encode_demonstrations
from siguiente.course.alignment import sft
from siguiente.course.alignment.sft import (
    CHANGES,
    DEMONSTRATIONS,
    GROUPS,
    LONG_CONFIG,
    NAMES,
    REQUESTS,
    SEEDS,
    SHORT_CONFIG,
    SHOWN,
    SPENT,
    STORY_POLICY,
    STORY_SFT,
    STORY_SFT_PATH,
    asked_requests,
    measured,
    named,
    retold,
    spent,
    try_loss,
)
from siguiente.course.data.story_requests import HEROES, THEMES, StoryRequest, load_demonstrations, split_of
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
    losses = STORY_POLICY.rows()
    assert len(losses) == 12
    assert losses[-1] < losses[0] - 1
    measured = run.measure(losses)
    assert len(measured) == sft.TOLD
    assert max(measured) < 0
    again = LOAD_POLICY().model
    assert not again.training
    learned = run.model.state_dict()
    assert all(torch.equal(learned[name], value) for name, value in again.state_dict().items())


def test_each_demonstration_is_read_once():
    assert SHORT_CONFIG.steps * SHORT_CONFIG.batch_size == SHOWN
    assert len(SEEDS) * SHOWN == LONG_CONFIG.steps * LONG_CONFIG.batch_size == DEMONSTRATIONS


@pytest.mark.parametrize("name", ["few-16", "few-64"])
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


def test_what_is_asked_is_as_new_as_its_group_says():
    asked = asked_requests()
    assert len({*asked}) == len(asked) == len(GROUPS) * REQUESTS
    groups = [split_of(request) for request in asked]
    assert groups == [group for group in ("train", *GROUPS[1:]) for _ in range(REQUESTS)]


def test_the_name_is_one_token_and_only_in_the_answer_it_counts(small):
    records = load_demonstrations("train", 40)
    prompts, texts = ([getattr(demo, part) for demo in records] for part in ("prompt", "completion"))
    answers = encode_answers(small.policy, prompts, texts)
    found = named(answers)
    for row, demo in enumerate(records):
        words = [small.policy.decode([i]).strip() for i in answers.ids[row, 1:][found[row]].tolist()]
        assert words
        assert {*words} == {demo.request.hero}
    assert not (found & ~answers.mask[:, 1:]).any()


def test_no_request_has_its_name_elsewhere(small):
    for hero in HEROES:
        ids = small.policy.encode(StoryRequest(hero, next(iter(THEMES))).text)
        assert small.policy.decode([ids[sft.NAME]]).strip() == hero


def test_a_story_teller_gets_what_it_deserves(small, monkeypatch):
    monkeypatch.setattr(sft, "REQUESTS", 2)
    told = [demo.completion for group in GROUPS for demo in shown_for(group)]

    def recite(model, prompts, generator, length):
        texts = told if prompts[0] else ["Quiero un cuento con Ana", "Una tarde"]
        return Rollouts(None, texts, [True] * (len(texts) - 1) + [False])

    monkeypatch.setattr(sft, "sample_answers", recite)
    monkeypatch.setattr(sft, "asked_requests", lambda: [d.request for g in GROUPS for d in shown_for(g)])
    row = measured(small.policy, 7, 0, known={told[0], told[3]})
    assert (row["step"], row["recited"], row["ended"], row["asks"]) == (7, 0.25, 0.875, 0.5)
    assert [row[f"hero-{group}"] for group in GROUPS] == [1, 1, 1, 1]
    assert row["gold-theme"] > 12
    assert row["texts"] == [*told[::2], "Quiero un cuento con Ana"]
    total = row["loss"]
    assert min(row["loss-name"], row["loss-rest"]) < total < max(row["loss-name"], row["loss-rest"])
    assert retold(row["texts"]) == pytest.approx(
        sft.gold_rewards([d.prompt for g in GROUPS for d in shown_for(g)[:1]], told[::2])
    )


def shown_for(group):
    """Dos demostraciones de un grupo."""
    return load_demonstrations(group, 2)


@pytest.fixture
def quick(small, monkeypatch):
    """Los mismos ajustes, con muy poco de todo."""
    for name, value in {"SHOWN": 6, "DEMONSTRATIONS": 12, "REQUESTS": 2, "EVERY": 2}.items():
        monkeypatch.setattr(sft, name, value)
    monkeypatch.setattr(sft, "SHORT_CONFIG", replace(SHORT_CONFIG, steps=3, batch_size=2, warmup=1))
    monkeypatch.setattr(sft, "LONG_CONFIG", replace(LONG_CONFIG, steps=4, batch_size=2, warmup=1))
    return small


def test_it_is_measured_before_and_while_it_learns(quick, monkeypatch):
    run = quick.record(STORY_SFT_PATH)
    rows = STORY_SFT_PATH.rows(seed=0)
    assert [row["step"] for row in rows] == [0, 2, 4]
    assert rows[0]["loss"] > rows[2]["loss"]
    assert run.model is None
    assert run.measure(rows) == retold(rows[-1]["texts"])
    assert [row["step"] for row in read(quick, "all", 0)] == [0, 3]


def test_each_seed_reads_other_demonstrations(quick, monkeypatch):
    seen = list[Demonstrations]()

    def learn(model, data, config):
        seen.append(data)
        yield from range(config.steps)

    monkeypatch.setattr(sft, "train_sft", learn)
    for seed in (0, 1):
        read(quick, "all", seed)
    first, second = ({*map(tuple, data.answers)} for data in seen[:2])
    assert len(first) == len(second) == 6
    assert not first & second


def read(quick, name, seed):
    """Anota un ajuste corto y da lo que se midió."""
    return [*STORY_SFT.run(STORY_SFT.part(name, seed)).reports]


def test_a_good_loss_passes_and_the_usual_mistakes_do_not():
    def good(logits, ids, mask):
        logprobs = logits[:, :-1].log_softmax(-1).gather(2, ids[:, 1:, None]).squeeze(2)
        return -logprobs[mask[:, 1:]].mean()

    def unmasked(logits, ids, mask):
        return good(logits, ids, torch.ones_like(mask))

    def shifted(logits, ids, mask):
        return good(logits, ids, mask.roll(-1, 1))

    def still(logits, ids, mask):
        return -logits.log_softmax(-1).gather(2, ids[..., None]).squeeze(2)[mask].mean()

    def by_answer(logits, ids, mask):
        rows = zip(logits, ids, mask, strict=True)
        return torch.stack([good(*(part[None] for part in row)) for row in rows]).mean()

    assert all(mine == pytest.approx(right) for mine, right in try_loss(good).values())
    for wrong in (unmasked, shifted, still, by_answer):
        assert any(abs(mine - right) > 0.05 for mine, right in try_loss(wrong).values())


def test_every_fit_takes_the_same_steps_but_the_long_one_and_is_told_apart():
    rows = {name: dict(zip(SPENT, row, strict=True)) for name, row in spent().items()}
    assert set(NAMES) == set(CHANGES)
    assert list(rows) == ["largo", *NAMES.values()]
    assert {rows[name]["pasos"] for name in NAMES.values()} == {SHORT_CONFIG.steps}
    counts = [rows[NAMES[part]]["demostraciones"] for part in ("all", "unmasked", "few-64")]
    assert counts == [SHOWN, SHOWN, 64]
    assert rows["largo"]["lecturas de cada una"] == 1
