import math
import random
import re
from functools import cache
from importlib.resources import files

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.course.data.grammar import entropy, mean_bytes, readings, write
from siguiente.course.data.stories import (
    describe_story,
    entropy_bits_per_byte,
    load_stories,
    prefix_logprob,
    story_grammar,
    story_logprob,
)
from siguiente.course.data.story_plots import PLOTS
from siguiente.course.data.story_words import POOLS
from siguiente.course.stories.corpus import HELD_OUT_STORIES, TRAINING_STORIES

TRAIN = load_stories("train", 10_000)
SAMPLE = TRAIN[:1000]


@cache
def logprob(row):
    return story_logprob(SAMPLE[row])


def count_readings(text):
    found = [reading for tree in story_grammar().options for reading in readings(tree, text)]
    return sum(reading.end == len(text) for reading in found)


def within(values, expected, errors=4):
    """La media de los valores no se aleja de la esperada más de tantos errores típicos."""
    values = torch.tensor(values, dtype=torch.double)
    return abs(values.mean() - expected) < errors * values.std() / len(values) ** 0.5


def test_each_story_is_read_in_one_way_only():
    assert {count_readings(text) for text in SAMPLE[:300]} == {1}


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**63 - 1))
def test_any_story_is_read_in_one_way_only(seed):
    assert count_readings(write(story_grammar(), random.Random(seed), {})) == 1


def test_entropy_is_the_mean_surprise():
    assert within([-logprob(row) for row in range(len(SAMPLE))], entropy(story_grammar()))


def test_expected_bytes_are_the_mean_length():
    assert within([len(text.encode()) for text in TRAIN], mean_bytes(story_grammar()))


def test_the_floor_divides_entropy_by_length():
    floor = entropy_bits_per_byte()
    paid = [-logprob(row) / math.log(2) for row in range(len(SAMPLE))]
    assert within([bits - floor * len(text.encode()) for bits, text in zip(paid, SAMPLE, strict=True)], 0)


def test_the_grammar_is_as_large_as_promised(variety):
    forms = {word for text in TRAIN for word in re.findall(r"\w+", text.lower())}
    assert len(forms) >= 400
    assert len(PLOTS) >= 8
    assert variety(story_grammar()) >= 10**9


def test_the_first_stories_are_all_different():
    texts = [*TRAIN, *load_stories("test", HELD_OUT_STORIES)]
    assert len(set(texts)) == len(texts)


@pytest.mark.slow
def test_no_story_of_the_course_is_repeated_within_or_across_parts():
    texts = [*load_stories("train", TRAINING_STORIES), *load_stories("test", HELD_OUT_STORIES)]
    assert len(set(texts)) == len(texts)


def test_stories_are_a_few_sentences_on_one_line():
    words = [len(re.findall(r"\w+", text)) for text in TRAIN]
    assert min(words) >= 60
    assert max(words) <= 95
    assert not [
        text for text in TRAIN if re.search(r"\s\s|\s[,.;:!?»]|[¿¡«]\s|[{}\[\]|<>\n]|^\s|\s$|—\s*—", text)
    ]


def test_signs_are_paired():
    for text in TRAIN[:2000]:
        assert text.count("¿") == text.count("?")
        assert text.count("¡") == text.count("!")
        assert text.count("«") == text.count("»")


def test_contractions_and_conjunctions_are_right():
    wrong = r"\b(a el|de el|y [iI]\w*|o [oO]\w*|un una|el la|los las)\b"
    assert not [text for text in TRAIN if re.search(wrong, text)]


def test_names_serve_both_genders_equally_and_need_no_special_conjunction():
    people = POOLS["PEOPLE"]
    assert sum(person.gender for person in people) * 2 == len(people)
    assert not [person for person in people if person.text.startswith(("I", "Hi", "O"))]


def test_lists_have_no_repeated_words():
    assert not [name for name, pool in POOLS.items() if len({word.text for word in pool}) < len(pool)]


def test_names_come_back():
    """Un nombre propio vuelve: es lo que un modelo de ventana corta no puede saber."""
    returns = [text.count(describe_story(text).roles["hero"]) - 1 for text in SAMPLE[:300]]
    assert min(returns) >= 1
    assert sum(returns) / len(returns) > 2


def test_a_pair_may_be_rare_with_a_known_probability():
    start = "Un sábado, Rosa perdió su auto"
    assert prefix_logprob(start + " rojo") - prefix_logprob(start) == pytest.approx(-math.log(10))
    assert prefix_logprob("En la clase de arte, Ana pintó un perro verde") > -math.inf
    assert prefix_logprob("En la clase de arte, Ana pintó un perro verda") == -math.inf


def test_both_senses_of_a_word_are_common():
    plots = [describe_story(text).plot for text in SAMPLE if "banco" in text]
    assert 0.5 < plots.count("savings") / plots.count("bench") < 2


def test_roles_are_recovered():
    story = next(describe_story(text) for text in SAMPLE if " perdió " in text)
    assert story.plot == "lost"
    assert story.text.startswith(tuple(f"{day}" for day in ("Un", "El")))
    assert {"hero", "friend", "kin", "thing", "color", "place"} == set(story.roles)
    assert f"{story.roles['hero']} perdió" in story.text


def test_parts_are_prefixes_of_themselves():
    assert load_stories("train", 7) == TRAIN[:7]


@pytest.mark.parametrize("text", ["", "Hola", TRAIN[0] + " ", TRAIN[0][:-1], TRAIN[0] + TRAIN[1]])
def test_a_text_of_another_hand_is_refused(text):
    with pytest.raises(ValueError, match="La gramática no puede escribir"):
        story_logprob(text)


def test_an_unknown_part_is_refused():
    with pytest.raises(ValueError, match="No hay una parte «dev»"):
        load_stories("dev", 1)


def test_the_card_states_what_the_grammar_is(variety):
    card = (files("siguiente.course.data") / "stories.md").read_text(encoding="utf-8")
    assert f"{len(PLOTS)} argumentos" in card
    bits = f"{entropy(story_grammar()) / math.log(2):.1f}".replace(".", ",")
    floor = f"{entropy_bits_per_byte():.4f}".replace(".", ",")
    assert f"{bits} bits" in card
    assert f"{mean_bytes(story_grammar()):.0f} bytes" in card
    assert f"{len(POOLS['PEOPLE'])} nombres" in card
    assert f"casi {math.ceil(variety(story_grammar()) / 10**15) * 1000:_} billones".replace("_", " ") in card
    assert f"{floor} bits por byte" in card
