"""La recompensa verdadera: cada mérito sube y baja por lo suyo."""

import re

import pytest
import torch

from siguiente.course.alignment.preferences import load_story_pairs
from siguiente.course.data.stories import load_stories
from siguiente.course.data.story_requests import StoryRequest, load_demonstrations
from siguiente.course.data.story_reward import (
    KIND,
    UNKIND,
    WEIGHTS,
    Merits,
    gold_reward,
    gold_rewards,
    score_merits,
    story_merits,
)

REQUEST = StoryRequest("Ana", "pet")
STORY = (
    "Desde los seis años, Ana quería una mascota. Un día, su tía trajo una gata gris. "
    "—Se llamará Nube —dijo Ana. Su vecino Luis ayudó a buscar. —Nube dormirá conmigo —prometió Ana."
)
TOLD = next(story for (_, plot), story in load_demonstrations("test", 50) if plot == "pet")


def test_merits_of_a_story_by_hand():
    merits = story_merits(REQUEST, STORY)
    assert merits == Merits(hero=1.0, theme=1.0, steady=1.0, sense=0.0, kind=0.5)
    assert gold_reward(REQUEST, STORY) == pytest.approx(3 + 5 + 3 + 0 + 2.5 * 0.5)


@pytest.mark.parametrize("broken", [0, 1, 2, 5, 40])
def test_each_impossible_run_costs_the_same_until_nothing_is_left(broken):
    words = TOLD.split()
    places = range(5, len(words) - 4, 9)[:broken]  # lejos unas de otras: cada una rompe cuatro grupos
    worse = " ".join("dragón" if place in places else word for place, word in enumerate(words))
    lost = 4 * len(places) / (len(words) - 2)
    assert story_merits(REQUEST, worse).sense == pytest.approx(max(0, 1 - lost / 0.25), abs=1e-9)


@pytest.mark.parametrize(
    ("merit", "worse", "value"),
    [
        ("hero", STORY.replace("Ana", "Eva"), 0.0),
        ("hero", f"Luis y yo. {STORY}", 0.5),
        ("theme", STORY.replace("mascota", "planta"), 2 / 3),
        ("steady", f"{STORY} Hugo, Rosa y Pablo vinieron.", 1 / 3),
        ("kind", STORY.replace("ayudó", "se burlaba"), 0.0),
    ],
)
def test_each_fault_lowers_its_merit_and_the_reward(merit, worse, value):
    assert getattr(story_merits(REQUEST, worse), merit) == pytest.approx(value)
    assert gold_reward(REQUEST, worse) < gold_reward(REQUEST, STORY)


def test_kindness_has_a_limit_and_repetition_a_price():
    once, often = f"{STORY} Gracias.", STORY + " Gracias." * 40
    assert story_merits(REQUEST, once).kind == story_merits(REQUEST, often).kind == 0.75
    assert story_merits(REQUEST, STORY + " ".join(KIND)).kind == 1.0
    assert gold_reward(REQUEST, TOLD + " Gracias." * 8) < gold_reward(REQUEST, TOLD)


def test_a_story_cut_short_makes_less_sense():
    assert story_merits(REQUEST, TOLD).sense == 1
    assert story_merits(REQUEST, TOLD[: TOLD.rindex(" ")]).sense < 1


def test_what_the_grammar_writes_is_a_good_answer():
    for request, story in load_demonstrations("test", 50):
        merits = story_merits(request, story)
        assert merits[:4] == (1, 1, 1, 1)


def test_no_merit_is_over_a_third_of_the_variance_of_what_the_policy_writes():
    pairs = load_story_pairs("train")
    prompts = [pair.request.text for pair in pairs]
    parts = score_merits(prompts, [pair.first for pair in pairs]) * torch.tensor(WEIGHTS, dtype=torch.double)
    shares = torch.cov(parts.T).sum(1) / parts.sum(1).var()  # con lo que comparte con los demás; suman uno
    assert shares.sum() == pytest.approx(1)
    assert shares.max() <= 1 / 3


def test_demonstrations_are_worth_more_than_what_the_policy_writes():
    shown, pairs = load_demonstrations("seen", 400), load_story_pairs("train")[:400]
    told = gold_rewards([pair.request.text for pair in pairs], [pair.first for pair in pairs])
    best = gold_rewards([demo.prompt for demo in shown], [demo.completion for demo in shown])
    assert sum(best) / 400 > sum(told) / 400 + 0.5


def test_every_word_of_the_lists_is_in_the_stories():
    said = {word for story in load_stories("train", 3000) for word in re.findall(r"\w+", story.lower())}
    assert said >= KIND | UNKIND
    assert not KIND & UNKIND


def test_an_empty_answer_is_worth_nothing():
    assert gold_reward(REQUEST, "") == WEIGHTS.steady


def test_each_story_needs_its_request():
    assert gold_rewards([REQUEST.text], [STORY]) == [gold_reward(REQUEST, STORY)]
    with pytest.raises(ValueError, match="zip"):
        gold_rewards([REQUEST.text] * 2, [STORY])
