"""Lo que registran las páginas de alineación, en pequeño: se escribe, se lee y dice lo que debe."""

from dataclasses import replace

import pytest
import torch

from siguiente.alignment.reward_model import RewardModel, score_answers, score_texts
from siguiente.alignment.sequences import Preference, encode_answers
from siguiente.course.alignment import (
    story_clinic,
    story_dpo_betas,
    story_pool,
    story_proxies,
    story_pursuits,
    story_reward_model,
    story_runs,
)
from siguiente.course.alignment.annotation import StoryPair
from siguiente.course.alignment.story_clinic import CASES, STORY_CLINIC, load_case
from siguiente.course.alignment.story_dpo_betas import BETAS, STORY_DPO_BETAS, load_dpo_beta
from siguiente.course.alignment.story_pool import STORY_POOL, load_story_pool
from siguiente.course.alignment.story_proxies import (
    PROXIES,
    STORY_PROXIES,
    Proxy,
    load_story_proxy,
)
from siguiente.course.alignment.story_pursuits import (
    PURSUITS,
    STORY_PURSUITS,
    load_pursuit,
)
from siguiente.course.data.story_requests import load_demonstrations
from siguiente.course.data.story_reward import gold_rewards
from siguiente.course.stories.base import make_story_base
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.words import WordTokenizer
from siguiente.runtime.recipe import Recipe

SHOWN = load_demonstrations("train", 16)
PAIRS = [StoryPair(demo.request, demo.completion, "No sé ningún cuento.") for demo in SHOWN]
MODULES = (
    story_clinic,
    story_dpo_betas,
    story_pool,
    story_proxies,
    story_pursuits,
    story_reward_model,
    story_runs,
)


@pytest.fixture(scope="module")
def start():
    tokenizer = WordTokenizer.from_texts(demo.completion for demo in load_demonstrations("train", 100))
    return make_story_base(tokenizer.vocab_size).eval(), tokenizer


@pytest.fixture
def small(monkeypatch, tmp_path, start):
    """Una política sin entrenar, un modelo de recompensa al azar, textos de pocos tokens y pocos pasos."""
    model, tokenizer = start
    judge = RewardModel(model).eval()
    torch.nn.init.normal_(judge.values.head.weight, generator=torch.Generator().manual_seed(0))

    def fresh():
        copy = make_story_base(tokenizer.vocab_size)
        copy.load_state_dict(model.state_dict())
        return TextModel(copy.eval(), tokenizer)

    settings = {
        "load_story_policy": fresh,
        "load_story_reward": lambda: judge,
        "load_story_pairs": lambda: PAIRS,
        "story_preferences": lambda: [Preference(p.request.text, *p[1:]) for p in PAIRS],
        "ANSWER_LENGTH": 6,
        "ASKED": 4,
        "TESTS": 3,
        "SHOWN": 4,
    }
    for module in MODULES:
        for name, value in settings.items():
            if hasattr(module, name):
                monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(Recipe, "folder", lambda self: tmp_path)
    return fresh(), judge, tmp_path


def record(recipe, folder, name):
    """Entrena una parte y escribe lo que sale."""
    return recipe.train(recipe.part(name), folder)


def test_each_weak_judge_sees_its_own_pairs_and_has_its_zero_in_the_demonstrations(small, monkeypatch):
    policy, judge, folder = small
    seen = []

    def spy(policy, preferences):
        seen.append([pair.prompt for pair in preferences])
        return encode(policy, preferences)

    encode = story_reward_model.encode_preferences
    monkeypatch.setattr(story_reward_model, "encode_preferences", spy)
    monkeypatch.setitem(PROXIES, "200-b", Proxy(4, 8, steps=5, seed=1))
    record(STORY_PROXIES, folder, "200-b")
    model, shown = load_story_proxy("200-b"), SHOWN[:4]
    answers = encode_answers(policy, [d.prompt for d in shown], [d.completion for d in shown])
    assert seen == [[pair.request.text for pair in PAIRS[4:12]]]
    assert score_answers(model, answers).mean().item() == pytest.approx(0, abs=2e-3)
    assert load_story_proxy("4000") is judge


def test_the_weak_judges_see_different_pairs():
    trios = [range(p.first, p.first + p.pairs) for p in (PROXIES[n] for n in ("200", "200-b", "200-c"))]
    assert sorted(row for trio in trios for row in trio) == list(range(600))
    assert PROXIES["600"][:2] == (0, 600)


def test_the_pool_scores_each_story_with_each_judge(small, monkeypatch):
    policy, judge, folder = small
    monkeypatch.setattr(story_pool, "PROMPTS", 2)
    monkeypatch.setattr(story_pool, "WRITTEN", 3)
    monkeypatch.setattr(story_pool, "load_story_proxy", lambda name: judge)
    record(STORY_POOL, folder, "pool")
    pool = load_story_pool()
    assert pool.prompts == [demo.prompt for demo in load_demonstrations("test", 2)]
    assert [len(texts) for texts in pool.texts] == [3, 3]
    assert set(pool.scores) == {*PROXIES, "4000"}
    again = score_texts(judge, policy, pool.prompts[1:] * 3, pool.texts[1])
    assert pool.scores["200"][1].tolist() == pytest.approx(again, abs=1e-4)


@pytest.mark.parametrize("name", ["200", "gold", "lowest", "beta-1"])
def test_a_pursuit_is_measured_along_the_way(small, monkeypatch, name):
    _, judge, folder = small
    monkeypatch.setattr(story_pursuits, "load_story_proxy", lambda name: judge)
    monkeypatch.setattr(story_pursuits, "EVERY", 1)
    monkeypatch.setattr(
        story_pursuits,
        "PURSUIT_CONFIG",
        replace(story_pursuits.PURSUIT_CONFIG, steps=2, batch_size=2, length=6, warmup=1),
    )
    monkeypatch.setitem(PURSUITS, name, PURSUITS[name]._replace(tests=3))
    record(STORY_PURSUITS, folder, name)
    found, tests = load_pursuit(name), [demo.prompt for demo in load_demonstrations("test", 3)]
    assert list(found) == [0, 1, 2]
    assert found[0].kl.tolist() == pytest.approx([0, 0, 0], abs=1e-4)
    assert [len(scores.texts) for scores in found.values()] == [3, 0, 3]
    assert found[2].gold.tolist() == pytest.approx(list(gold_rewards(tests, found[2].texts)), abs=1e-3)
    if name == "gold":
        assert found[2].proxy.tolist() == found[2].gold.tolist()


@pytest.mark.parametrize("name", CASES)
def test_each_case_of_the_clinic_shows_its_fault(small, monkeypatch, name):
    _, _, folder = small
    monkeypatch.setattr(story_clinic, "STEPS", 5)
    monkeypatch.setitem(CASES, name, CASES[name]._replace(prompts=4))
    record(STORY_CLINIC, folder, name)
    reports = load_case(name)
    rewards = {report.reward for report in reports}
    moved = max(abs(report.kl) for report in reports)
    assert [report.step for report in reports] == [0, 1, 2, 3, 4]
    assert (moved < 1e-5) == (name in {"constant", "mask"})
    assert (len(rewards) == 1) == (name in {"constant", "steady"})
    assert (min(rewards) > 5) == (name == "uncentred")


def test_dpo_is_measured_with_each_beta(small, monkeypatch):
    _, _, folder = small
    monkeypatch.setattr(story_pursuits, "EVERY", 1)
    brief = replace(story_dpo_betas.BRIEF_CONFIG, steps=2, batch_size=4, warmup=1)
    monkeypatch.setattr(story_dpo_betas, "BRIEF_CONFIG", brief)
    for name in BETAS:
        record(STORY_DPO_BETAS, folder, name)
    for beta in BETAS:
        found = load_dpo_beta(float(beta))
        assert list(found) == [0, 1, 2]
        assert found[0].kl.tolist() == pytest.approx([0, 0, 0], abs=1e-4)
        assert found[2].kl.abs().max() > 1e-3


@pytest.mark.parametrize(
    ("load", "name", "known"),
    [
        (load_story_proxy, "5", "200, 200-b, 200-c, 600, 1333"),
        (load_pursuit, "nada", "200, 1333,"),
        (load_case, "roto", "healthy, constant"),
        (load_dpo_beta, 0.3, "0.02, 0.1, 0.5"),
    ],
)
def test_an_unknown_name_is_refused(small, load, name, known):
    with pytest.raises(ValueError, match=f"no tiene '{name}'.* Tiene: {known}"):
        load(name)
