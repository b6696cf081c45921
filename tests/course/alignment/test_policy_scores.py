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
    assert paths.gained("gold").value == pytest.approx(2)
    assert (
        paths.distance().tolist() == [pytest.approx([0, 3**0.5])] * 3
    )  # una divergencia negativa es del azar


def test_one_seed_has_no_interval():
    with pytest.raises(ValueError, match="dos observaciones"):
        Paths([[{"step": 0, "gold": 1.0}]]).gained("gold")
