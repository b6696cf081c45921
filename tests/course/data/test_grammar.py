import math
import random
from collections import Counter
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siguiente.course.data.grammar import Choice, Slot, entropy, mean_bytes, readings, write
from siguiente.course.data.grammar_notation import compile_template
from siguiente.course.data.story_words import adjectives, nouns

POOLS = {
    "GENTE": nouns(m="Luis", f="Ana Eva"),
    "COSAS": nouns(m="auto", f="pelota", mp="guantes"),
    "COLORES": adjectives("rojo azul"),
}
TINY = compile_template(
    """{x=GENTE} y {y=GENTE} [3:ven|pierden {z=COSAS:un|una|unos|unas} {z} {c=COLORES/z}],
    [content{x+y:os|as}|1:sin más].""",
    POOLS,
)


def enumerate_texts(node, words) -> Iterator[tuple[str, float, dict]]:
    """Todos los textos de un árbol con su probabilidad, por fuerza bruta y sin el lector."""
    match node:
        case str():
            yield node, 1.0, words
        case tuple():
            if not node:
                yield "", 1.0, words
                return
            for first, p, bound in enumerate_texts(node[0], words):
                for rest, q, end in enumerate_texts(node[1:], bound):
                    yield first + rest, p * q, end
        case Choice():
            for option, weight in zip(node.options, node.weights, strict=True):
                for text, p, bound in enumerate_texts(option, words):
                    yield text, weight * p, bound
        case Slot():
            for word in node.candidates(words) if node.draws else [words[node.names[0]]]:
                bound = {**words, node.names[0]: word}
                p = 1 / len(node.candidates(words)) if node.draws else 1.0
                yield node.surface([bound[name] for name in node.names]), p, bound


ALL = [(text, p) for text, p, _ in enumerate_texts(TINY, {})]


def probability(text, prefix=False):
    found = readings(TINY, text, prefix=prefix)
    return sum(reading.probability for reading in found if prefix or reading.end == len(text))


def test_a_story_computed_by_hand():
    """Dos personas de tres, sin repetir (1/3 · 1/2); «pierden», 1/4; cosa, 1/3; color, 1/2; final, 1/2."""
    assert probability("Ana y Eva pierden unos guantes rojos, contentas.") == pytest.approx(1 / 288)
    assert probability("Ana y Luis ven, contentos.") == pytest.approx(1 / 6 * 3 / 4 / 2)


def test_the_alternatives_are_all_different_and_sum_to_one(variety):
    assert len(ALL) == len({text for text, _ in ALL}) == variety(TINY) == 6 * (1 + 3 * 2) * 2
    assert sum(p for _, p in ALL) == pytest.approx(1)


def test_the_reader_gives_each_text_its_probability_and_only_one_reading():
    for text, p in ALL:
        (reading,) = [reading for reading in readings(TINY, text) if reading.end == len(text)]
        assert reading.probability == pytest.approx(p)


def test_entropy_and_bytes_in_closed_form_are_those_of_the_enumeration():
    assert entropy(TINY) == pytest.approx(-sum(p * math.log(p) for _, p in ALL))
    assert mean_bytes(TINY) == pytest.approx(sum(p * len(text.encode()) for text, p in ALL))


def test_samples_follow_the_probabilities():
    n, rng = 20_000, random.Random(0)
    counts = Counter(write(TINY, rng, {}) for _ in range(n))
    assert set(counts) <= {text for text, _ in ALL}
    statistic = sum((counts[text] - n * p) ** 2 / (n * p) for text, p in ALL)
    degrees = len(ALL) - 1
    assert abs(statistic - degrees) < 4 * (2 * degrees) ** 0.5


@given(row=st.integers(0, len(ALL) - 1), data=st.data())
def test_a_prefix_is_as_likely_as_all_the_texts_it_begins(row, data):
    text = ALL[row][0]
    start = text[: data.draw(st.integers(0, len(text)))]
    assert probability(start, prefix=True) == pytest.approx(sum(p for t, p in ALL if t.startswith(start)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ana y Ana ven, contentas.",
        "Ana y Eva ven, contentos.",
        "Ana y Eva pierden un pelota roja, contentas.",
    ],
)
def test_texts_outside_have_no_reading(text):
    assert probability(text) == 0


def test_everything_agrees_with_its_word():
    for person, other in product(POOLS["GENTE"], repeat=2):
        for thing, color in product(POOLS["COSAS"], POOLS["COLORES"]):
            article = ["un", "una", "unos", "unas"][thing.agreement]
            ending = "as" if person.gender and other.gender else "os"
            said = (
                f"{person.text} y {other.text} pierden {article} {thing.text} {color.agreed[thing.agreement]}"
            )
            assert (probability(f"{said}, content{ending}.") > 0) == (person != other)
