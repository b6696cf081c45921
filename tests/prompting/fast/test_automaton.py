"""El autómata frente a `re.fullmatch`, que es quien define qué cumple un patrón."""

import re
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siguiente.prompting.fast.automaton import DEAD, START, automaton
from siguiente.prompting.fast.regex_syntax import byte_ranges, parsed

PATTERNS = [
    "",
    "a",
    "sí|no|sin",
    "ñ{1,3}",
    "(ab|a)*b?",
    "[^a]b.",
    ".*",
    "a{2,}b{0,2}",
    r"\d+(\.\d{2})?",
    r"[\w-]*",
    r"\W\s?\S",
    "[é-ñ😀a-c]*",
    "(a|b)*a(a|b){3}",
    "(?P<x>a)(?:|b)",
    "a*?b+?",
    "(a*)*",
    "((a|b?)+c)*",
    r'"([^"\\\x00-\x1f]|\\["\\/bfnrt]){0,4}"',
]
ALPHABET = 'abcn ñíé😀0"\\.\n-2'


def accepts(machine, text):
    return bool(machine.final[machine.read(text.encode())])


@pytest.mark.parametrize("pattern", PATTERNS)
def test_it_agrees_with_fullmatch(pattern):
    machine, whole = automaton(pattern), re.compile(pattern)

    @given(st.text(ALPHABET, max_size=9) | st.text(max_size=3) | st.from_regex(whole, fullmatch=True))
    def agrees(text):
        assert accepts(machine, text) == bool(whole.fullmatch(text))

    agrees()


@given(
    st.recursive(
        st.sampled_from(["a", "ñ", "[ab]", ".", "[^é]", "(?:)"]),
        lambda inner: (
            st.tuples(inner, inner).map("(?:{0[0]}|{0[1]})".format)
            | st.tuples(inner, inner).map("{0[0]}{0[1]}".format)
            | inner.map("(?:{0})*".format)
            | inner.map("(?:{0}){{1,2}}".format)
        ),
        max_leaves=6,
    ),
    st.lists(st.text("abñé", max_size=5), max_size=20),
)
def test_it_agrees_with_fullmatch_on_any_pattern(pattern, texts):
    machine, whole = automaton(pattern), re.compile(pattern)
    for text in texts:
        assert accepts(machine, text) == bool(whole.fullmatch(text))


def test_the_smallest_machine_counted_by_hand():
    """«sí» o «no»: muerto, inicial, tras «s», tras el primer byte de «í», tras «n» y final."""
    assert automaton("sí|no").table.shape == (6, 256)
    assert automaton("(a|b)(a|b)|aa|ab").table.shape == (4, 256)  # las ramas repetidas se funden


def test_from_every_state_but_the_dead_one_the_text_can_end():
    machine = automaton("a(b|cx*)d|e[^\\s\\S]")
    reached = machine.final.copy()
    for _ in reached:
        reached |= reached[machine.table].any(1)
    assert reached.tolist() == [False] + [True] * (len(reached) - 1)
    assert (machine.table[DEAD] == DEAD).all()
    assert machine.read(b"e") == DEAD
    assert machine.read(b"") == START


@given(st.integers(0, 0x10FFFF), st.integers(0, 0x10FFFF))
def test_byte_ranges_cover_the_interval_once(a, b):
    low, high = min(a, b), max(a, b)
    parts = list(byte_ranges(low, high))
    counted = sum(int(np.prod([last - first + 1 for first, last in part])) for part in parts)
    surrogates = max(0, min(high, 0xDFFF) - max(low, 0xD800) + 1)
    assert counted == high - low + 1 - surrogates
    edges = [bytes(edge) for part in parts for edge in zip(*part, strict=True)]
    assert edges == sorted(edges)
    assert all(low <= ord(edge.decode()) <= high for edge in edges)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", "no es una expresión regular"),
        ("a{3,2}", "no es una expresión regular"),
        ("a{99999999999}", "no es una expresión regular"),
        ("(" * 5000 + ")" * 5000, "no es una expresión regular"),
        ("(?i)a", "tiene modos"),
        ("(?i:a)", "quite las anclas"),
        ("^a$", "quite las anclas"),
        (r"\ba", "quite las anclas"),
        (r"(a)\1", "referencias"),
        ("a(?=b)", "miradas alrededor"),
        ("(?>a*)b", "ATOMIC_GROUP"),
        ("a*+b", "POSSESSIVE_REPEAT"),
        (r"[^\s\S]", "Ningún texto cumple"),
        (r"a[^\s\S]b", "Ningún texto cumple"),
        ("(a|b)*a(a|b){20}", "10000 estados"),
        ("((a{100}){100}){100}", "10000 estados"),
        ("a{1000000}", "10000 estados"),
        ("(?:(?:)*){3000000}", "10000 estados"),
        ("(?:a?){3000}", "de demasiadas maneras"),
        ("(?:a?b?){2000}", "de demasiadas maneras"),
        ("(?:" * 340 + "a" + ")*" * 340, "demasiados paréntesis"),
    ],
)
def test_patterns_that_are_not_possible(pattern, message):
    start = time.process_time()
    with pytest.raises(ValueError, match=re.escape(message)):
        automaton(pattern)
    assert time.process_time() - start < 5


def test_a_pattern_is_shown_short():
    with pytest.raises(ValueError, match="corríjala") as error:
        parsed("(" * 10_000)
    assert len(str(error.value)) < 250


@pytest.mark.parametrize("pattern", ["(?:){0,2000000000}", "(?:){2000000000}"])
def test_repeating_nothing_is_nothing(pattern):
    machine = automaton(pattern)
    assert accepts(machine, "")
    assert len(machine.final) == 2


def test_a_long_repetition_is_not_slow():
    """Separar los estados de uno en uno, en rondas, tardaría minutos."""
    start = time.process_time()
    assert len(automaton("a{0,4000}").final) == 4002
    assert time.process_time() - start < 10
