import pytest
from hypothesis import given
from hypothesis import strategies as st

from siguiente.evaluation.classification import distinct_n

WORDS = st.lists(st.sampled_from("abc"), min_size=3, max_size=30)


@pytest.mark.parametrize(("n", "expected"), [(1, 3 / 8), (2, 3 / 7), (3, 3 / 6), (8, 1)])
def test_by_hand(n, expected):
    """«la casa de» se repite: a partir de ahí no hay nada nuevo."""
    assert distinct_n(["la", "casa", "de", "la", "casa", "de", "la", "casa"], n) == expected


def test_extremes():
    assert distinct_n(range(50), 2) == 1
    assert distinct_n([7] * 50, 2) == 1 / 49


@given(WORDS, st.integers(1, 3))
def test_bounds_and_names_do_not_matter(words, n):
    value = distinct_n(words, n)
    assert 1 / (len(words) - n + 1) <= value <= 1
    assert value == distinct_n([{"a": 5, "b": 1, "c": 9}[word] for word in words], n)


@given(WORDS, st.integers(1, 3))
def test_saying_it_all_again_halves_it_or_nearly(words, n):
    twice = distinct_n(words * 2, n)
    assert twice <= (distinct_n(words, n) * (len(words) - n + 1) + n - 1) / (2 * len(words) - n + 1)
