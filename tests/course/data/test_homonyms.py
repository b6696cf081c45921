import re
from collections import Counter

import pytest

from siguiente.course.data.homonyms import load_homonyms

CASES = load_homonyms()
WORDS = ("banco", "vela", "cura", "sierra")
#: Las que no dicen de qué se habla.
FUNCTION = set(
    re.findall(
        r"\w+",
        "a al ante con cuando cuanto de del desde durante el en entre era fue hasta hay junto la las le lo "
        "los más no nadie para por porque que se sin sobre solo su sus todos tras un una unos y",
    )
)


def content(case):
    """Los comienzos de las palabras de contenido: cinco letras, para que «apagó» y «apagón» sean la misma."""
    words = re.findall(r"\w+", case.text.lower())
    return {word[:5] for word in words if word not in FUNCTION and word != case.word}


def test_five_sentences_of_each_part_sense_and_word():
    count = Counter((case.word, case.sense, case.part) for case in CASES)
    assert len(count) == 16
    assert set(count.values()) == {5}


@pytest.mark.parametrize("word", WORDS)
def test_every_sentence_ends_in_its_word_after_the_same_determiner(word):
    endings = {" ".join(case.text.split()[-2:]) for case in CASES if case.word == word}
    assert len(endings) == 1
    assert endings.pop().endswith(f" {word}")


@pytest.mark.parametrize("word", WORDS)
def test_the_parts_share_no_content_word(word):
    parts = {
        part: set().union(*(content(case) for case in CASES if (case.word, case.part) == (word, part)))
        for part in "ab"
    }
    assert not parts["a"] & parts["b"]


def test_no_sentence_is_repeated():
    assert len({case.text for case in CASES}) == len(CASES)
