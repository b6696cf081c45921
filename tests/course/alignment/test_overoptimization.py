"""Los cuentos entre los que se elige, en pequeño, y cuándo parar: se registran y dicen lo que deben."""

import pytest
import torch

from siguiente.alignment.reward_model import score_texts
from siguiente.course.alignment import overoptimization, policy_scores, preferences, pursuits
from siguiente.course.alignment.overoptimization import (
    JUDGES,
    REMEDIES,
    STORY_POOL,
    STORY_REMEDIES,
    best_of_gains,
    binomial_below,
    choice_curves,
    load_remedies,
    load_story_pool,
    stop_by_asking,
    stop_by_distance,
    worst_choice,
)
from siguiente.course.alignment.policy_scores import Paths
from siguiente.course.data.story_requests import distinct_requests
from siguiente.course.data.story_reward import gold_rewards
from siguiente.language_models.training import TrainingConfig

PROMPTS = [request.text for request in distinct_requests("test")[:2]]


@pytest.fixture
def few(small, monkeypatch):
    """Pocas peticiones, pocas comparaciones y pocos cuentos."""
    monkeypatch.setattr(pursuits, "CENTRED", 4)
    monkeypatch.setattr(pursuits, "judge_config", lambda pairs: TrainingConfig(2, 4, learning_rate=1e-2))
    monkeypatch.setattr(policy_scores, "measured_prompts", lambda: PROMPTS)
    for name, value in {"REQUESTS": 1, "WRITTEN": 3, "KEPT": (1, 3)}.items():
        monkeypatch.setattr(overoptimization, name, value)
    return small


def test_the_pool_scores_each_story_with_each_judge_and_keeps_the_chosen(few, monkeypatch):
    for name in JUDGES:
        monkeypatch.setitem(JUDGES, name, lambda: few.judge)
    monkeypatch.setattr(STORY_POOL, "seeds", (0, 1))
    for block in (0, 1):
        few.record(STORY_POOL, "pool", block)
    pool = load_story_pool()
    assert pool.prompts == PROMPTS
    assert set(pool.scores) == set(JUDGES)
    assert pool.scores["long"].shape == pool.gold.shape == pool.words.shape == (2, 3)
    curves = choice_curves(pool, "400", (1, 3))
    most = (pool.scores["400"].amax(1) - pool.scores["400"].mean(1)).mean().item()
    assert [point[1] for point in curves["la aprendida"]] == pytest.approx([0, most], abs=1e-5)
    told = worst_choice(pool, "400")
    assert told.gold == pytest.approx(gold_rewards([told.prompt], [told.text])[0], abs=1e-3)
    for row, kept in enumerate(pool.texts):
        assert {0, pool.chosen("400", 3)[row]} == set(kept)
        again = score_texts(few.judge, few.policy, [PROMPTS[row]] * len(kept), list(kept.values()))
        assert pool.scores["400"][row][list(kept)].tolist() == pytest.approx(again, abs=1e-3)
        gold = gold_rewards([PROMPTS[row]] * len(kept), list(kept.values()))
        assert pool.gold[row][list(kept)].tolist() == pytest.approx(gold, abs=1e-3)


@pytest.fixture
def cheap(few, monkeypatch):
    """Cuatro comparaciones y ocho cuentos entre los que elegir."""
    monkeypatch.setattr(preferences, "judge_config", lambda pairs: TrainingConfig(2, 2, learning_rate=1e-2))
    for name, value in {"LABELS": 4, "TRIED": 2, "DRAWN": 8, "SIZES": (1, 8), "OWN": 2}.items():
        monkeypatch.setattr(overoptimization, name, value)
    return few


def test_all_remedies_spend_the_same_labels(cheap, monkeypatch):
    read, real = [], preferences.taught_reward

    def taught(judged, seed):
        read.append([(pair.prompt, frozenset([pair.chosen, pair.rejected])) for pair in judged])
        return real(judged, seed)

    monkeypatch.setattr(overoptimization, "taught_reward", taught)
    overoptimization.one_model(1)
    overoptimization.three_models(1)
    one, *three = read
    assert len(one) == 4
    assert all(len(rows) == 4 and set(rows) <= set(one) for rows in three)
    assert len({tuple(rows) for rows in three}) == 3
    for own in (True, False):
        overoptimization.asked_again(1, own)
        assert read[-1][:2] == one[:2]
        assert len(read[-1]) <= 4
    assert read[-3] == one[:2]  # quien elige no ha leído la otra mitad


def test_a_model_is_asked_about_the_stories_it_picks_and_the_control_about_the_first(cheap, monkeypatch):
    written, real = [], overoptimization.sample_answers
    monkeypatch.setattr(
        overoptimization, "sample_answers", lambda *given: written.append(real(*given)) or written[-1]
    )
    own, first = (overoptimization.new_pairs(3, 0, model) for model in (cheap.judge, None))
    texts = written[0].texts
    assert written[1].texts == texts
    assert [text for pair in first for text in pair[1:]] == texts[::2]
    prompts = [pair.request.text for pair in own]
    assert len(set(prompts)) == 3
    rows = [prompt for prompt in prompts for _ in range(4)]
    scores = torch.tensor(score_texts(cheap.judge, cheap.policy, rows, texts)).view(-1, 2)
    best = [texts[2 * k + place] for k, place in enumerate(scores.argmax(1).tolist())]
    assert [text for pair in own for text in pair[1:]] == best


def test_the_remedies_are_measured_with_the_same_stories(cheap, monkeypatch):
    monkeypatch.setattr(overoptimization, "SEEDS", (0, 1))
    monkeypatch.setattr(STORY_REMEDIES, "seeds", (0, 1))
    for seed in (0, 1):
        cheap.record(STORY_REMEDIES, "tried", seed)
    proxy, gold = load_remedies("proxy"), load_remedies("gold")
    assert list(gold) == list(REMEDIES)
    for name in REMEDIES:
        assert gold[name].shape == (2, 2)
        assert gold[name][:, 0].tolist() == pytest.approx([0, 0], abs=1e-4)
        assert (proxy[name][:, 1] > 0).all()


def made(**columns):
    """Unas medidas con estas columnas, (S, K)."""
    names, values = columns.keys(), torch.tensor(list(columns.values())).permute(1, 2, 0).tolist()
    return Paths(
        [[dict(zip(names, row, strict=True), step=k) for k, row in enumerate(seed)] for seed in values]
    )


def test_it_stops_before_going_too_far_or_at_the_end():
    paths = made(kl=[[0.0, 3.0, 1.0], [0.0, 1.0, 1.9]], gold=[[9.0, 8.0, 7.0], [9.0, 8.5, 8.2]])
    assert stop_by_distance(paths.of("gold"), paths.of("kl"), limit=2).tolist() == pytest.approx([9.0, 8.2])


def test_two_paths_are_compared_where_they_are_as_far():
    paths = made(kl=[[0.0, 2.0, 6.0], [0.0, 5.0, 3.0]], gold=[[9.0, 8.0, 6.0], [9.0, 4.0, 5.0]])
    found = overoptimization.at_distance(paths, "gold", torch.tensor([4.0, 3.0]))
    assert found.tolist() == pytest.approx([-2.0, -3.0])
    farthest = overoptimization.at_distance(paths, "gold", torch.tensor([99.0, 0.0]))
    assert farthest.tolist() == pytest.approx([-3.0, 0.0])


def test_what_is_expected_of_asking_is_the_average_of_many_trials():
    paths = made(gold=[[9.0, 10.0, 7.0]], fresh=[[0.5, 0.6, 0.3]])
    draw, ends = torch.Generator().manual_seed(0), []
    for _ in range(4_000):
        first, second = (torch.rand(5, generator=draw) < chance for chance in (0.6, 0.3))
        ends.append(9.0 if first.sum() < 2.5 else 10.0 if second.sum() < 2.5 else 7.0)
    asked = paths.of("gold"), paths.of("fresh")
    found = stop_by_asking(*asked, labels=5).item()
    assert found == pytest.approx(sum(ends) / len(ends), abs=0.06)
    assert stop_by_asking(*asked, labels=301).item() == pytest.approx(10.0, abs=0.01)


def test_half_is_not_less_than_half():
    assert binomial_below(torch.tensor([0.5]), 2).item() == pytest.approx(0.25)


def test_each_size_gains_what_the_best_of_it_is_worth_more_than_any():
    scores = torch.rand(2, 6, generator=torch.Generator().manual_seed(0))
    found = best_of_gains(scores, scores, (1, 6))
    assert found[:, 0].tolist() == pytest.approx([0, 0])
    assert found[:, 1].tolist() == pytest.approx((scores.amax(1) - scores.mean(1)).tolist())
