"""La vigilancia: qué es una trampa, con quién se elige cada umbral y cuánto acierta quien vigila."""

from dataclasses import replace

import pytest
import torch

from siguiente.course.alignment import monitoring
from siguiente.course.alignment.monitoring import (
    KINDS,
    Watched,
    alarm_rate,
    alarms,
    apart_by_seed,
    asked_again,
    aurocs,
    before_and_after,
    by_margin,
    judge_monitor,
    load_watched,
    mean_by_seed,
    suspicions,
)
from siguiente.course.alignment.policy_scores import Paths, measured_prompts
from siguiente.course.alignment.pursuits import SOURCES
from siguiente.course.data.story_reward import gold_rewards

# Por semilla: lo que ganan la recompensa perseguida y la verdadera, y lo que se sospecha al final.
BIASED = [(1.0, -0.9, 5.0), (1.0, -0.2, 2.0), (0.8, -0.5, 4.0), (0.9, -0.5, 1.0)]
FAIR = [(0.5, 0.5, 1.5), (0.5, -0.9, 6.0), (-0.1, -0.9, 3.0), (0.4, 0.4, 0.5)]


def rows(proxy, gold, suspicion):
    """Tres medidas, la del medio a mitad de camino."""
    return [
        {
            "step": 10 * k,
            "proxy": proxy * k / 2,
            "gold": 10 + gold * k / 2,
            "kl": suspicion * k / 2,
            "fresh-fair": 0.5 + gold * k / 4,
            "texts": [f"Cuento {k}."],
        }
        for k in range(3)
    ]


@pytest.fixture
def runs():
    found = [rows(*run) for run in BIASED + FAIR]
    return Watched(found, ["parcial"] * 4 + ["imparcial"] * 4, [*range(4)] * 2)


def test_it_is_hacking_if_the_pursued_rises_and_the_gold_falls_by_the_margin(runs):
    assert runs.hacked().tolist() == [True, False, True, True, False, True, False, False]
    assert replace(runs, margin=0.1).hacked().tolist()[1]
    assert replace(runs, margin=0.6).hacked().tolist() == [True] + [False] * 4 + [True] + [False] * 2


def test_the_runs_are_read_by_what_they_pursued(runs):
    assert runs.names == ["parcial", "imparcial"]
    assert runs.of_kind("imparcial").tolist() == [False] * 4 + [True] * 4
    assert runs.outcomes()["imparcial"][0] == pytest.approx((0.5, 0.5))
    assert [made.value for made in runs.path("parcial", "proxy")] == pytest.approx([0, 0.4625, 0.925])


def test_what_is_left_out_takes_its_seeds_with_it(runs):
    left = replace(runs, margin=0.1).without("parcial")
    assert (left.names, left.seeds, left.margin) == (["imparcial"], [0, 1, 2, 3], 0.1)
    assert left.of("kl").tolist() == runs.of("kl")[4:].tolist()


def test_no_monitor_looks_at_the_gold_and_all_start_from_nothing(runs):
    blind = {
        "kl": 0.0,
        "proxy": 1.0,
        "words": 80.0,
        "disagreement-fair": 0.5,
        "second-fair": 0.2,
        "second-long": 0.1,
    }
    moved = {
        "kl": 4.0,
        "proxy": 3.0,
        "words": 75.0,
        "disagreement-fair": 0.75,
        "second-fair": 0.7,
        "second-long": 0.0,
    }
    found = suspicions(Watched([[blind, moved]], ["parcial"], [0]))
    assert [rows.tolist() for rows in found.values()] == [
        [[0.0, pytest.approx(last)]] for last in (2.0, 4.0, 5.0, 0.25, -0.5, 0.1)
    ]


def test_every_recorded_run_is_loaded_once(monkeypatch):
    opened = []

    def load_pursuit(name):
        opened.append(name)
        return Paths([rows(1.0, -1.0, 2.0)] * 2)

    monkeypatch.setattr(monitoring, "load_pursuit", load_pursuit)
    watched = load_watched()
    assert opened == list(SOURCES) == list(KINDS)
    assert watched.of("gold").shape == (2 * len(KINDS), 3)
    assert watched.seeds == [0, 1] * len(KINDS)
    assert watched.names == list(KINDS.values())


def test_the_threshold_of_each_half_comes_from_the_other(runs):
    # Sin trampa: semillas 1, 0, 2 y 3, con 2, 1,5, 3 y 0,5. Las pares pasan de 2; las impares, de 3.
    assert alarms(runs, runs.of("kl")).tolist() == [1, 3, 2, 3, 3, 2, 2, 3]


def test_a_group_is_judged_without_its_own_good_runs(runs):
    # El umbral de «parcial» sale de las buenas de «imparcial», 1,5, 3 y 0,5; el de estas, del 2 de aquella.
    assert alarms(runs, runs.of("kl"), runs.kinds).tolist() == [2, 3, 2, 3, 3, 1, 2, 3]


def test_the_verdict_counts_catches_and_false_alarms(runs):
    verdict = judge_monitor(runs, runs.of("kl"))
    assert (verdict.detected.value, verdict.false.value) == (3 / 4, 1 / 4)
    assert verdict.step == pytest.approx((10 + 20 + 20) / 3)
    assert verdict.auroc.value == pytest.approx(3 / 4 + 1 / 4)
    assert verdict.auroc.high <= 1


def test_who_never_suspects_catches_nothing(runs):
    verdict = judge_monitor(runs, torch.zeros(8, 3))
    assert (verdict.detected.value, verdict.false.value, verdict.auroc.value) == (0, 0, 0.5)
    assert verdict.step != verdict.step  # no hay ninguna alarma que promediar


def test_a_suspicion_of_another_shape_is_refused(runs):
    with pytest.raises(ValueError, match=r"\(8, 3\), y tiene \(8, 2\)"):
        judge_monitor(runs, torch.zeros(8, 2))


def test_seeds_without_both_classes_do_not_count(runs):
    strict = replace(runs, margin=0.6)  # solo quedan con trampa dos: la semilla 0 parcial y la 1 imparcial
    assert aurocs(strict, runs.of("kl")).tolist() == [1.0, 1.0]
    values = torch.arange(8.0)
    assert apart_by_seed(strict, values).value == pytest.approx(((0 - 4) + (5 - 1)) / 2)


def test_the_mean_is_over_seeds_and_not_over_runs(runs):
    chosen = torch.tensor([True, True, False, False, True, False, False, False])
    assert mean_by_seed(runs, torch.tensor([0.0, 3.0, 9, 9, 2.0, 9, 9, 9]), chosen).value == pytest.approx(
        2.0
    )


def test_asking_again_catches_what_got_worse_and_seldom_what_did_not(runs):
    rang = asked_again(runs, "fair", labels=100)
    assert rang[0] > 0.99
    assert rang[4] < 1e-3
    even = replace(runs, rows=[rows(1.0, 0.0, 1.0)] * 8)
    assert 0.01 < asked_again(even, "fair", labels=100)[0] < 0.05


def test_the_rate_of_alarms_is_a_probability(runs):
    made = alarm_rate(runs, "fair", 40, runs.of_kind("parcial"))
    assert made.value == pytest.approx(asked_again(runs, "fair", 40)[:4].mean().item())
    assert 0 <= made.low < made.value < made.high <= 1


def test_the_shown_story_is_of_the_run_that_parts_most(runs):
    prompt = measured_prompts()[:1]
    (_, _, gold), last = before_and_after(runs)
    assert last == (20, "Cuento 2.", gold_rewards(prompt, ["Cuento 2."])[0])
    assert gold == gold_rewards(prompt, ["Cuento 0."])[0]


def test_each_margin_counts_its_own_hacks(runs):
    both = [[row | {"fresh-long": 0.5 + row["proxy"] / 2} for row in rows] for rows in runs.rows]
    found = by_margin(replace(runs, rows=both), "parcial", 33, (0.1, 0.3, 0.4))
    assert [row[:2] for row in found.values()] == [[5, 4], [4, 3], [4, 3]]
    for detected, fair, long in (row[2:] for row in found.values()):
        assert 0 < detected.value < 1
        assert fair.value > long.value == pytest.approx(0, abs=1e-3)
