"""Peticiones de cuentos: sus palabras, y los cuentos que las cumplen."""

import re
from importlib.resources import files

import pytest

from siguiente.course.data.stories import describe_story, load_stories
from siguiente.course.data.story_plots import PLOTS
from siguiente.course.data.story_requests import (
    THEMES,
    StoryRequest,
    load_demonstrations,
    read_request,
)
from siguiente.language_models.words import WordTokenizer, split_pieces

SHOWN = load_demonstrations("train", 400)


def words(text):
    return set(re.findall(r"\w+", text.lower()))


def test_the_request_tells_what_the_story_tells():
    for request, story in SHOWN[:60]:
        found = describe_story(story)
        assert request == StoryRequest(found.roles["hero"], found.plot)


def test_every_plot_can_be_asked_for_and_asked_apart():
    assert THEMES.keys() == PLOTS.keys() == {request.plot for request, _ in SHOWN}
    assert len({theme.name for theme in THEMES.values()}) == len(THEMES)


def test_the_cues_are_in_every_story_of_their_plot_and_in_few_of_the_others():
    for plot, theme in THEMES.items():
        stories = {True: [], False: []}
        for request, story in SHOWN:
            stories[request.plot == plot].append(words(story))
        assert all(set(theme.cues) <= story for story in stories[True])
        assert sum(set(theme.cues) <= story for story in stories[False]) == 0


def test_a_request_has_no_word_that_the_stories_lack():
    known = WordTokenizer.from_texts(load_stories("train", 3000))
    sizes = {len(known.encode(StoryRequest("Ana", plot).text)) for plot in THEMES}
    assert sizes == {len(split_pieces(StoryRequest("Ana", "pet").text))}


def test_parts_do_not_share_stories_and_are_stable():
    test = load_demonstrations("test", 200)
    assert not {story for _, story in SHOWN} & {story for _, story in test}
    assert load_demonstrations("test", 3) == test[:3]


@pytest.mark.parametrize("plot", THEMES)
def test_a_request_is_read_back(plot):
    request = StoryRequest("Lucía", plot)
    assert read_request(request.text) == request


@pytest.mark.parametrize("text", ["", "Quiero un cuento.", "Quiero un cuento con Ana y un dragón.\n"])
def test_what_is_no_request_is_said(text):
    with pytest.raises(ValueError, match="No es una petición de cuento"):
        read_request(text)


def test_an_unknown_part_is_said():
    with pytest.raises(ValueError, match="Elija una de estas: train, test"):
        load_demonstrations("dev", 1)


def test_the_card_names_every_merit():
    card = (files("siguiente.course.data") / "story_reward.md").read_text(encoding="utf-8")
    assert all(theme.name in card for theme in THEMES.values())
