"""Lo que se registra de perseguir notas flojas, en pequeño: se escribe, se lee y dice lo que debe."""

from dataclasses import replace

import pytest
import torch

from siguiente.alignment.reward_model import RewardModel, score_answers, score_texts
from siguiente.alignment.sequences import encode_answers
from siguiente.course.alignment import overoptimization, policy_scores, preferences
from siguiente.course.alignment.overoptimization import (
    PROXIES,
    PURSUIT_CONFIG,
    PURSUITS,
    STORY_POOL,
    STORY_PROXIES,
    STORY_PURSUITS,
    Proxy,
    load_pursuit,
    load_story_pool,
    load_story_proxy,
    lowest_reward,
)
from siguiente.course.data.story_requests import load_demonstrations
from siguiente.course.data.story_reward import gold_rewards


def test_each_weak_judge_sees_its_own_pairs_and_has_its_zero_in_the_demonstrations(small, monkeypatch):
    seen = []

    def spy(policy, preferences):
        seen.append([pair.prompt for pair in preferences])
        return encode(policy, preferences)

    encode = preferences.encode_preferences
    monkeypatch.setattr(preferences, "encode_preferences", spy)
    monkeypatch.setitem(PROXIES, "200-b", Proxy(4, 8, steps=5, seed=1))
    small.record(STORY_PROXIES, "200-b")
    model, shown = load_story_proxy("200-b"), load_demonstrations("train", 4)
    answers = encode_answers(small.policy, [d.prompt for d in shown], [d.completion for d in shown])
    assert seen == [[demo.prompt for demo in load_demonstrations("train", 12)[4:]]]
    assert score_answers(model, answers).mean().item() == pytest.approx(0, abs=2e-3)
    assert load_story_proxy("4000") is small.judge


def test_the_weak_judges_see_different_pairs():
    trios = [range(p.first, p.first + p.pairs) for p in (PROXIES[n] for n in ("200", "200-b", "200-c"))]
    assert sorted(row for trio in trios for row in trio) == list(range(600))
    assert PROXIES["600"][:2] == (0, 600)


def test_the_pool_scores_each_story_with_each_judge(small, monkeypatch):
    monkeypatch.setattr(overoptimization, "PROMPTS", 2)
    monkeypatch.setattr(overoptimization, "WRITTEN", 3)
    monkeypatch.setattr(overoptimization, "load_story_proxy", lambda name: small.judge)
    small.record(STORY_POOL)
    pool = load_story_pool()
    assert pool.prompts == [demo.prompt for demo in load_demonstrations("test", 2)]
    assert [len(texts) for texts in pool.texts] == [3, 3]
    assert set(pool.scores) == {*PROXIES, "4000"}
    again = score_texts(small.judge, small.policy, pool.prompts[1:] * 3, pool.texts[1])
    assert pool.scores["200"][1].tolist() == pytest.approx(again, abs=1e-4)
    assert pool.gold()[1].tolist() == pytest.approx(gold_rewards(pool.prompts[1:] * 3, pool.texts[1]))


@pytest.mark.parametrize("name", ["200", "gold", "lowest", "beta-1"])
def test_a_pursuit_is_measured_along_the_way(small, monkeypatch, name):
    brief = replace(PURSUIT_CONFIG, steps=2, batch_size=2, length=6, warmup=1)
    monkeypatch.setattr(overoptimization, "load_story_proxy", lambda name: small.judge)
    monkeypatch.setattr(overoptimization, "PURSUIT_CONFIG", brief)
    monkeypatch.setattr(policy_scores, "EVERY", 1)
    monkeypatch.setitem(PURSUITS, name, PURSUITS[name]._replace(tests=3))
    small.record(STORY_PURSUITS, name)
    found, tests = load_pursuit(name), [demo.prompt for demo in load_demonstrations("test", 3)]
    assert list(found) == [0, 1, 2]
    assert found[0].kl.tolist() == pytest.approx([0, 0, 0], abs=1e-4)
    assert [len(scores.texts) for scores in found.values()] == [3, 0, 3]
    assert found[2].gold.tolist() == pytest.approx(list(gold_rewards(tests, found[2].texts)), abs=1e-3)
    if name == "gold":
        assert found[2].proxy.tolist() == found[2].gold.tolist()


def test_several_models_are_combined_answer_by_answer(policy, prompts):
    models = [RewardModel(policy.model) for _ in range(3)]
    for value, model in enumerate(models):
        torch.nn.init.constant_(model.values.head.weight, value)
    texts = [" sí", " no gracias"]
    each = torch.tensor([score_texts(model, policy, prompts, texts) for model in models])
    assert lowest_reward(models, policy)(prompts, texts) == each.amin(0).tolist()


@pytest.mark.parametrize(
    ("load", "name", "known"),
    [(load_story_proxy, "5", "200, 200-b, 200-c, 600, 1333"), (load_pursuit, "nada", "200, 1333,")],
)
def test_an_unknown_name_is_refused(small, load, name, known):
    with pytest.raises(ValueError, match=f"no tiene '{name}'.* Tiene: {known}"):
        load(name)
