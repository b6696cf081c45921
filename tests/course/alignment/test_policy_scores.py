"""Las medidas de una política: lo que se anota de cada una, y cómo se leen las de varias semillas."""

import json
from types import SimpleNamespace

import pytest
import torch

from siguiente.course.alignment import policy_scores
from siguiente.course.alignment.policy_scores import (
    Paths,
    load_paths,
    measured_prompts,
    measured_rows,
    score_policy,
)
from siguiente.course.data.story_requests import distinct_requests, read_request
from siguiente.course.data.story_reward import gold_rewards
from siguiente.evaluation.intervals import mean_interval

PROMPTS = [request.text for request in distinct_requests("test")[:3]]


def lengths(prompts, texts):
    return [float(len(text)) for text in texts]


def test_a_policy_that_has_not_moved_is_at_no_distance_of_itself(small):
    scores = score_policy(
        small.policy, small.policy.model, PROMPTS, lengths, torch.Generator().manual_seed(0)
    )
    torch.testing.assert_close(scores.kl, torch.zeros(3), atol=1e-5, rtol=0)
    assert scores.proxy.tolist() == lengths(PROMPTS, scores.texts)
    assert scores.gold.tolist() == pytest.approx(gold_rewards(PROMPTS, scores.texts))


def test_it_is_measured_with_requests_that_nobody_learned_from():
    prompts = measured_prompts()
    assert {read_request(prompt) for prompt in prompts} == set(distinct_requests("test"))
    assert len(prompts) == 2 * 132


def test_it_is_measured_before_and_every_so_many_steps(small, monkeypatch):
    monkeypatch.setattr(policy_scores, "measured_prompts", lambda: PROMPTS)
    done = []
    steps = (done.append(step) for step in range(5))
    rows = measured_rows(small.policy, steps, lengths, lambda p, texts: {"vowels": len(texts)}, every=2)
    assert (next(rows)["step"], done) == (0, [])
    rest = json.loads(json.dumps(list(rows)))
    assert [row["step"] for row in rest] == [2, 4]
    assert done == list(range(5))
    assert {"kl", "proxy", "gold", "words", "hero", "theme", "steady", "sense", "kind", "vowels"} < rest[
        0
    ].keys()
    assert rest[0]["texts"] == rest[1]["texts"]  # la política no ha cambiado: el azar es el mismo


def test_the_paths_of_several_seeds_are_read_by_name():
    seeds = {0: [9.0, 10.0], 1: [9.0, 12.0], 2: [9.0, 11.0]}
    recipe = SimpleNamespace(
        seeds=tuple(seeds),
        rows=lambda name, seed: [
            {"step": 5 * k, "kl": 4.0 * k - 1, name: gold} for k, gold in enumerate(seeds[seed])
        ],
    )
    paths = load_paths(recipe, "gold")
    assert paths.steps == [0, 5]
    assert paths.gain("gold").tolist() == [[0, 1], [0, 3], [0, 2]]
    assert set(paths.starts) >= {"gold", "sense"}
    assert (
        paths.distance().tolist() == [pytest.approx([0, 3**0.5])] * 3
    )  # una divergencia negativa es del azar


def test_what_sets_two_methods_apart_pairs_the_seeds():
    one, other = (
        Paths(
            [
                [{"step": 0, "gold": start}, {"step": 5, "gold": start + up}]
                for start, up in zip((9.0, 1.0), ups, strict=True)
            ]
        )
        for ups in ((3.0, 5.0), (1.0, 3.0))
    )
    assert one.over(other, "gold") == mean_interval(torch.tensor([2.0, 2.0]))
    assert other.over(one, "gold").value == -2


def test_one_seed_has_no_interval():
    with pytest.raises(ValueError, match="dos observaciones"):
        Paths([[{"step": 0, "gold": 1.0}]]).gained("gold")


def started(texts, gold, starts=(12.0, 10.0)):
    """Cuatro entrenamientos que parten de 9 puntos, de otros cuentos valdrían 11, y acaban donde se dice."""
    rows = [[{"gold": 9.0, "texts": ["a", "b"]}, {"gold": end, "texts": texts}] for end in gold]
    return Paths(rows, starts={"gold": torch.tensor(starts)})


def test_what_is_gained_is_counted_from_what_the_start_is_worth_in_other_measures():
    far = started(["c", "d"], [11.0, 11.5, 11.0, 11.5]).gained("gold")
    assert far.value == pytest.approx(0.25)
    half = mean_interval(torch.tensor([11.0, 11.5, 11.0, 11.5])).half_width
    error = torch.tensor([12.0, 10.0]).std().item() / 2**0.5
    assert far.half_width == pytest.approx((half**2 + (1.96 * error) ** 2) ** 0.5, abs=1e-3)


def test_the_stories_that_did_not_change_owe_nothing_to_chance():
    same = started(["a", "b"], [9.0, 9.2, 9.0, 9.2]).gained("gold")
    assert same.value == pytest.approx(0.1)
    assert same.half_width == pytest.approx(mean_interval(torch.tensor([0.0, 0.2, 0.0, 0.2])).half_width)


def test_the_interval_covers_what_a_changed_policy_gains_as_often_as_it_says():
    """Políticas que no ganan nada, con la mitad de los cuentos cambiados."""
    draw, covered = torch.Generator().manual_seed(0), 0
    for _ in range(400):
        kept, before = torch.randn(1, generator=draw), torch.randn(1, generator=draw)
        rows = []
        for _ in range(8):
            after = torch.randn(1, generator=draw)
            ends = {"gold": float(kept + after) / 2, "texts": ["a", "x"]}
            rows.append([{"gold": float(kept + before) / 2, "texts": ["a", "b"]}, ends])
        starts = torch.randn(20, 2, generator=draw).mean(1)
        found = Paths(rows, starts={"gold": starts}).gained("gold")
        covered += found.low <= 0 <= found.high
    assert 0.92 <= covered / 400 <= 0.99
