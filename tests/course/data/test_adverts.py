import re
from importlib.resources import files
from itertools import combinations

import pytest

from siguiente.course.data.adverts import FIELDS, load_adverts

EXAMPLES, TEST = load_adverts("examples"), load_adverts("test")
ADVERTS = EXAMPLES + TEST


def words(text):
    return set(re.findall(r"\w+", text.lower()))


def test_the_answer_is_in_the_text():
    for advert in ADVERTS:
        product, price, city = advert.answer().values()
        assert re.search(rf"\b{product}\b", advert.text, re.IGNORECASE), advert
        assert re.search(rf"\b{price}( euros|:)", advert.text), advert
        assert advert.text.count(city) == 1
        assert product == product.lower()


def test_no_answer_is_repeated():
    for field in ("product", "price", "city"):
        assert len({getattr(advert, field) for advert in ADVERTS}) == len(ADVERTS)


def test_no_text_is_near_another():
    for a, b in combinations(ADVERTS, 2):
        assert len(words(a.text) & words(b.text)) < 0.5 * len(words(a.text) | words(b.text))


def test_some_texts_have_another_number():
    assert sum(len(re.findall(r"\d+", advert.text)) > 1 for advert in TEST) >= 4


def test_texts_are_clean():
    for advert in ADVERTS:
        assert advert.text == " ".join(advert.text.split())
        assert 50 <= len(advert.text) <= 90


def test_an_unknown_split():
    with pytest.raises(ValueError, match="No hay una parte «train»"):
        load_adverts("train")


def test_the_card_states_what_the_file_holds():
    card = (files("siguiente.course.data") / "adverts.md").read_text(encoding="utf-8")
    assert f"{len(ADVERTS)} anuncios" in card
    assert f"otros {len(TEST)} (`test`)" in card
    assert len(EXAMPLES) == 3
    assert tuple(TEST[0].answer()) == FIELDS
