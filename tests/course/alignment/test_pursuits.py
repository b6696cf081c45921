"""Perseguir recompensas de distinta calidad: de dónde salen, y lo que se ve de cada medida."""

import pytest
import torch

from siguiente.course.alignment import pursuits
from siguiente.course.alignment.policy_scores import measured_prompts, shown_gold
from siguiente.course.alignment.pursuits import SOURCES, Panel, fit_source, load_pursuit
from siguiente.course.data.story_requests import distinct_requests
from siguiente.course.data.story_reward import gold_reward

REQUESTS = distinct_requests("test")[:2]
PROMPTS = [request.text for request in REQUESTS]
KIND = ["Ana rió y le dio un abrazo.", "Leo sonrió. Gracias."]
PLAIN = ["Ana vio un tren.", "Leo se fue."]


@pytest.fixture
def few(small, monkeypatch):
    """Pocas parejas, pocos pasos y pocas peticiones."""
    monkeypatch.setattr("siguiente.course.alignment.policy_scores.measured_prompts", lambda: PROMPTS)
    monkeypatch.setattr(pursuits, "CENTRED", 4)
    monkeypatch.setattr(pursuits, "PURSUIT_CONFIG", pursuits.TrainingConfig(2, 2, 6, 1e-3))
    monkeypatch.setattr(pursuits, "GROUP", 2)
    monkeypatch.setattr(pursuits, "EVERY", 1)
    monkeypatch.setattr(pursuits, "judge_config", lambda n: pursuits.TrainingConfig(2, 4, learning_rate=1e-2))
    monkeypatch.setattr(pursuits, "load_watcher", lambda name, seed: small.judge)
    return small


def weights(model):
    return torch.cat([value.flatten() for value in model.state_dict().values()])


def test_the_seed_decides_the_pairs_and_the_answers(few):
    one, same, other = (weights(fit_source(SOURCES["1500"], seed)) for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_the_control_learns_from_the_same_pairs_with_other_answers(few):
    asked = SOURCES["1500"]
    assert SOURCES["shuffled"] == asked._replace(shuffled=True)
    assert SOURCES["partial"].pairs == SOURCES["1500"].pairs
    fair, shuffled = (weights(fit_source(source, 0)) for source in (asked, SOURCES["shuffled"]))
    assert not torch.equal(fair, shuffled)


def test_what_is_better_than_at_first_is_preferred_more_than_half_of_the_times(few):
    panel = Panel()
    assert panel(PROMPTS, PLAIN)["fresh-fair"] == panel(PROMPTS, PLAIN)["fresh-long"] == 0.5
    assert panel(PROMPTS, KIND)["fresh-fair"] > 0.6
    longer = [f"{text} Y luego otra vez." for text in PLAIN]
    assert panel(PROMPTS, longer)["fresh-long"] > panel(PROMPTS, longer)["fresh-fair"]


def test_equal_models_do_not_disagree(few):
    seen = Panel()(PROMPTS, KIND)
    assert seen["disagreement-fair"] == pytest.approx(0, abs=1e-6)
    assert seen["second-fair"] == seen["second-long"]


@pytest.mark.parametrize("name", ["gold", "partial"])
def test_a_pursuit_is_measured_at_the_same_steps_with_each_seed(few, monkeypatch, name):
    monkeypatch.setattr(pursuits.STORY_PURSUITS, "seeds", (0, 1))
    for seed in (0, 1):
        few.record(pursuits.STORY_PURSUITS, name, seed)
    paths = load_pursuit(name)
    assert paths.steps == [0, 1, 2]
    assert paths.of("kl")[:, 0].abs().max() < 1e-3
    assert paths.of("disagreement-long").shape == (2, 3)
    if name == "gold":
        assert paths.of("proxy").tolist() == paths.of("gold").tolist()


def test_what_is_recorded_is_checked_with_its_stories():
    rows = [{"texts": KIND[:1]}, {"texts": PLAIN[:1]}]
    prompt = measured_prompts()[0]
    request = next(r for r in distinct_requests("test") if r.text == prompt)
    assert shown_gold(rows) == [gold_reward(request, KIND[0]), gold_reward(request, PLAIN[0])]
