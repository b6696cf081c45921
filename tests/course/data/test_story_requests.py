"""Peticiones de cuentos: sus palabras, y los cuentos que las cumplen."""

import re
from collections import Counter
from importlib.resources import files

import pytest

from siguiente.course.alignment.preferences import load_story_pairs
from siguiente.course.alignment.rlhf import unused_prompts
from siguiente.course.alignment.sft import DEMONSTRATIONS
from siguiente.course.data.stories import describe_story, load_stories
from siguiente.course.data.story_plots import PLOTS
from siguiente.course.data.story_requests import (
    HEROES,
    NEW_HEROES,
    NEW_PLOTS,
    SPLITS,
    THEMES,
    StoryRequest,
    distinct_requests,
    load_demonstrations,
    read_request,
    split_of,
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
    assert THEMES.keys() == PLOTS.keys()
    assert {request.plot for request, _ in SHOWN} == THEMES.keys() - {*NEW_PLOTS}
    assert len({theme.name for theme in THEMES.values()}) == len(THEMES)


def test_the_cues_are_in_every_story_of_their_plot_and_in_few_of_the_others():
    for plot, theme in THEMES.items():
        stories = {True: [], False: []}
        for request, story in (*SHOWN, *load_demonstrations("theme", 60)):
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


def test_what_is_learned_and_what_is_kept_apart_never_meet():
    learned = {demo.request for demo in load_demonstrations("train", DEMONSTRATIONS)}
    compared = {pair.request for pair in load_story_pairs("train")}
    pursued = {read_request(prompt) for prompt in unused_prompts()}
    allowed = set(distinct_requests("train"))
    assert learned | compared | pursued <= allowed == set(distinct_requests("seen"))
    for split in ("test", "name", "theme"):
        apart = {demo.request for demo in load_demonstrations(split, 200)}
        assert apart <= set(distinct_requests(split))
        assert not allowed & set(distinct_requests(split))
    assert {pair.request for pair in load_story_pairs("test")} == set(distinct_requests("test"))


def test_each_part_has_new_what_it_says():
    heroes, plots = ({request[field] for request in distinct_requests("train")} for field in (0, 1))
    assert heroes == {*HEROES} - {*NEW_HEROES}
    assert plots == THEMES.keys() - {*NEW_PLOTS}
    news = {
        split: [(r.hero in heroes, r.plot in plots) for r in distinct_requests(split)] for split in SPLITS
    }
    assert {split: set(found) for split, found in news.items()} == {
        "train": {(True, True)},
        "seen": {(True, True)},
        "test": {(True, True)},
        "name": {(False, True)},
        "theme": {(True, False)},
    }


def test_every_request_is_in_one_part_and_one_only():
    every = [StoryRequest(hero, plot) for hero in HEROES for plot in THEMES]
    sizes = Counter(map(split_of, every))
    assert sizes == {"train": 396, "test": 132, "name": 48, "theme": 88, "unused": 8}
    assert {split_of(request) for split in SPLITS for request in distinct_requests(split)} == sizes.keys() - {
        "unused"
    }


@pytest.mark.parametrize("plot", THEMES)
def test_a_request_is_read_back(plot):
    request = StoryRequest("Lucía", plot)
    assert read_request(request.text) == request


@pytest.mark.parametrize("text", ["", "Quiero un cuento.", "Quiero un cuento con Ana y un dragón.\n"])
def test_what_is_no_request_is_said(text):
    with pytest.raises(ValueError, match="No es una petición de cuento"):
        read_request(text)


def test_an_unknown_part_is_said():
    with pytest.raises(ValueError, match="Elija una de estas: train, seen, test, name, theme"):
        load_demonstrations("dev", 1)


def test_the_card_names_every_merit():
    card = (files("siguiente.course.data") / "story_reward.md").read_text(encoding="utf-8")
    assert all(theme.name in card for theme in THEMES.values())
