import re
from collections import Counter
from importlib.resources import files
from itertools import combinations

import pytest

from siguiente.course.data.parallel_sentences import TOPICS, load_parallel_sentences

PAIRS = load_parallel_sentences()


def words(text):
    return re.findall(r"\w+", text.lower())


def test_topics_are_balanced_and_alternate():
    assert [pair.topic for pair in PAIRS] == list(TOPICS) * 10


@pytest.mark.parametrize("language", ["spanish", "english"])
def test_no_sentence_is_near_another(language):
    sets = [set(words(getattr(pair, language))) for pair in PAIRS]
    assert all(len(a & b) < 0.5 * len(a | b) for a, b in combinations(sets, 2))


def test_both_languages_say_about_as_much():
    for pair in PAIRS:
        assert 0.5 < len(words(pair.spanish)) / len(words(pair.english)) < 1.5, pair
        assert re.findall(r"\d+", pair.spanish) == re.findall(r"\d+", pair.english)
        for sign in ("?", "!"):
            assert pair.spanish.count(sign) == pair.english.count(sign), pair


def test_sentences_are_clean():
    for pair in PAIRS:
        for text in (pair.spanish, pair.english):
            assert text == " ".join(text.split())
            assert 30 <= len(text) <= 110
        assert pair.spanish.count("¿") == pair.spanish.count("?")
        assert pair.spanish.count("¡") == pair.spanish.count("!")
        assert not set(pair.english) & set("ñáéíóúü¿¡")


def test_the_card_states_what_the_file_holds():
    card = (files("siguiente.course.data") / "parallel_sentences.md").read_text(encoding="utf-8")
    assert f"{len(PAIRS)} oraciones" in card
    assert all(f"`{topic}`" in card for topic in TOPICS)
    assert set(Counter(pair.topic for pair in PAIRS).values()) == {10}
