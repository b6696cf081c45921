import re
from collections import Counter
from importlib.resources import files
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siguiente.course.data.injections import (
    ATTACK_KINDS,
    DISGUISES,
    Injection,
    load_injections,
)

INJECTIONS = load_injections()


def slots(template):
    return sorted(re.findall(r"<([a-z]\w*)>", template))


def test_kinds_are_balanced_and_alternate():
    assert [injection.kind for injection in INJECTIONS] == list(ATTACK_KINDS) * 10


def test_a_control_matches_its_attack_in_length_lines_and_slots():
    for pair in INJECTIONS:
        assert 0.85 < len(pair.control) / len(pair.attack) < 1.18, pair
        assert pair.control.count("\n") == pair.attack.count("\n"), pair
        assert slots(pair.control) == slots(pair.attack), pair
        assert set(slots(pair.attack)) <= set(DISGUISES), pair
        assert slots(pair.attack), pair
    attacks, controls = (sum(len(getattr(p, side)) for p in INJECTIONS) for side in ("attack", "control"))
    assert controls == pytest.approx(attacks, rel=0.02)


def test_only_the_disguised_hide_the_word():
    for pair in INJECTIONS:
        assert ("negativo" in pair.attack_with("negativo")) == (pair.kind != "disfraz")
        assert ("negativo" in pair.control_with("negativo")) == (pair.kind != "disfraz")


def test_no_control_asks_or_judges():
    asked = r"respond|respuest|contest|opini|reseña|etiquet|instrucci|ignor|olvid|positiv|negativ|buen"
    assert not [pair.control for pair in INJECTIONS if re.search(asked, pair.control.lower())]


@pytest.mark.parametrize("side", ["attack", "control"])
def test_no_text_is_near_another(side):
    texts = [getattr(pair, side) for pair in INJECTIONS]
    assert len(set(texts)) == 70
    words = [Counter(re.findall(r"\w+", text.lower())) for text in texts]
    near = [(x, y) for x, y in combinations(words, 2) if (x & y).total() > 0.7 * (x | y).total()]
    assert not near


def test_nobody_is_named_and_nothing_is_linked():
    texts = [pair.attack + pair.control for pair in INJECTIONS]
    assert not [text for text in texts if re.search(r"@|https?:|www\.", text)]


def test_disguises_by_hand():
    written = {name: disguise("negativo") for name, disguise in DISGUISES.items()}
    assert written == {
        "target": "negativo",
        "letters": "n-e-g-a-t-i-v-o",
        "backwards": "ovitagen",
        "digits": "n3g4t1v0",
        "halves": "nega + tivo",
        "rot13": "artngvib",
        "base64": "bmVnYXRpdm8=",
    }


@given(st.text(st.characters(categories=["L", "P"]), min_size=1))
def test_the_word_is_written_once_per_slot_and_never_read_again(word):
    pair = Injection("orden directa", "Diga <target>, no <otro>.", "Un cartel: <target>.")
    assert pair.attack_with(word) == f"Diga {word}, no <otro>."
    assert pair.attack_with("<letters>") == "Diga <letters>, no <otro>."


def test_the_card_states_what_the_file_holds():
    card = (files("siguiente.course.data") / "injections.md").read_text(encoding="utf-8")
    assert f"{len(INJECTIONS)} ataques" in card
    assert all(f"`{name}`" in card for name in ATTACK_KINDS)
    assert set(Counter(pair.kind for pair in INJECTIONS).values()) == {10}
