"""La recompensa verdadera: cada mérito sube y baja por lo suyo."""

import re

import pytest

from siguiente.course.data.stories import load_stories
from siguiente.course.data.story_requests import StoryRequest, load_demonstrations
from siguiente.course.data.story_reward import (
    KIND,
    UNKIND,
    WEIGHTS,
    Merits,
    gold_reward,
    gold_rewards,
    story_merits,
)

REQUEST = StoryRequest("Ana", "pet")
STORY = (
    "Desde los seis años, Ana quería tener una mascota. Un día, su tía trajo una gata gris. "
    "—Se llamará Nube —dijo Ana. Su vecino Luis ayudó a buscar. —Nube dormirá conmigo —prometió Ana."
)


def test_merits_of_a_story_by_hand():
    merits = story_merits(REQUEST, STORY)
    assert merits == Merits(hero=1.0, theme=1.0, ending=1.0, steady=1.0, fresh=1.0, kind=0.5)
    assert gold_reward(REQUEST, STORY) == pytest.approx(1 + 2 + 1 + 1 + 4 + 4 * 0.5)


@pytest.mark.parametrize(
    ("merit", "worse", "value"),
    [
        ("hero", STORY.replace("Ana", "Eva"), 0.0),
        ("hero", f"Luis y yo. {STORY}", 0.5),
        ("theme", STORY.replace("mascota", "planta"), 2 / 3),
        ("ending", STORY[:-5], 0.0),
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
    assert gold_reward(REQUEST, often) < gold_reward(REQUEST, STORY) < gold_reward(REQUEST, once)


def test_what_the_grammar_writes_is_a_good_answer():
    for request, story in load_demonstrations("test", 50):
        merits = story_merits(request, story)
        assert merits[:4] == (1, 1, 1, 1)
        assert merits.fresh > 0.9


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
