"""Los números con palabras, comprobados a mano y de ida y vuelta; las sumas, con la aritmética de Python."""

import re
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from siguiente.course.data.sums import (
    Column,
    Sum,
    draw_sums,
    number_words,
    read_column,
    read_number,
)

BY_HAND = {
    0: "cero", 1: "uno", 9: "nueve", 10: "diez", 15: "quince", 16: "dieciséis", 19: "diecinueve",
    20: "veinte",
    21: "veintiuno", 22: "veintidós", 23: "veintitrés", 26: "veintiséis", 29: "veintinueve", 30: "treinta",
    31: "treinta y uno", 42: "cuarenta y dos", 55: "cincuenta y cinco", 66: "sesenta y seis", 70: "setenta",
    77: "setenta y siete", 88: "ochenta y ocho", 99: "noventa y nueve", 100: "cien", 101: "ciento uno",
    110: "ciento diez", 122: "ciento veintidós", 200: "doscientos", 216: "doscientos dieciséis",
    333: "trescientos treinta y tres", 404: "cuatrocientos cuatro", 500: "quinientos",
    555: "quinientos cincuenta y cinco", 600: "seiscientos", 700: "setecientos", 740: "setecientos cuarenta",
    800: "ochocientos", 900: "novecientos", 999: "novecientos noventa y nueve", 1000: "mil", 1001: "mil uno",
    1100: "mil cien", 1101: "mil ciento uno", 1998: "mil novecientos noventa y ocho",
}  # fmt: skip
SUMS = st.builds(Sum, st.integers(0, 999), st.integers(0, 999))


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("n", "words"), BY_HAND.items())
def test_numbers_by_hand(n, words):
    assert number_words(n) == words


def test_every_number_is_read_back_and_no_two_are_written_the_same():
    written = [number_words(n) for n in range(2000)]
    assert [read_number(words) for words in written] == list(range(2000))


def test_the_rules_of_spelling():
    """La «y» solo une decenas y unidades; hasta veintinueve se escriben en una palabra."""
    for n in range(2000):
        words = number_words(n).split()
        assert words.count("y") == (n % 100 > 30 and n % 10 > 0)
        assert all(a.endswith("nta") for a, b in pairwise(words) if b == "y")
        assert ("cien" in words) == (n % 1000 == 100)
        assert len(words) == 1 or n > 30


@pytest.mark.parametrize("words", ["", "treinta ocho", "veinte y dos", "ciento", "uno mil", "sesenta y cero"])
def test_what_is_not_a_number_is_not_read(words):
    assert read_number(words) is None


@given(SUMS)
def test_the_columns_are_the_sum(added):
    """Las cifras del resultado son las unidades de cada columna, y lo que sobra de la última va delante."""
    columns = added.columns
    digits = "".join(str(column.total % 10) for column in reversed(columns))
    assert int(f"{columns[-1].total // 10}{digits}") == added.a + added.b
    assert all(column.total == sum(column.digits) for column in columns)
    for right, left in pairwise(columns):
        assert (len(left.digits) == 3) == (right.total > 9)
    assert len(columns) == len(str(max(added)))


@given(SUMS)
def test_what_is_written_is_read_back(added):
    numbers = [read_number(words) for words in added.question.split(" más ")]
    assert numbers == list(added)
    steps, _, answer = added.solution(steps=True).removeprefix(": ").rpartition("; son ")
    assert [read_column(words) for words in steps.split("; ")] == added.columns
    assert read_number(answer) == sum(added)
    assert added.solution(steps=True).endswith(added.solution(steps=False))


def test_sums_by_hand():
    assert Sum(385, 427).solution(steps=True) == (
        ": cinco más siete, doce; ocho más dos más uno, once; tres más cuatro más uno, ocho; "
        "son ochocientos doce"
    )
    assert [Sum(*pair).carries for pair in ((11, 22), (15, 15), (999, 1), (500, 500))] == [0, 1, 3, 1]
    assert Sum(5, 120).columns == [Column((5, 0), 5), Column((0, 2), 2), Column((0, 1), 1)]


def test_a_wrong_column_is_read_as_it_is():
    assert read_column("siete más ocho, catorce") == Column((7, 8), 14)
    for words in ("", "siete", "siete más ocho", "siete y ocho, quince", "siete más ocho, quince, uno"):
        assert read_column(words) is None


@given(st.integers(0, 45), st.integers(0, 99))
def test_drawn_sums_are_distinct_and_of_one_size(count, seed):
    drawn = draw_sums(count, 1, seeded(seed))
    assert len({tuple(sorted(added)) for added in drawn}) == len(drawn) == count
    assert drawn == draw_sums(count, 1, seeded(seed))
    assert all(1 <= n <= 9 for added in drawn for n in added)


@pytest.mark.parametrize("digits", [2, 3])
def test_all_sums_of_a_size_can_come_out(digits):
    drawn = draw_sums(4000, digits, seeded())
    assert all(len(str(n)) == digits for added in drawn for n in added)
    assert 0.4 < sum(added.a < added.b for added in drawn) / 4000 < 0.6
    assert {added.carries for added in drawn} == set(range(digits + 1))
    assert len({re.sub(r".$", "", str(n)) for added in drawn for n in added}) == 9 * 10 ** (digits - 2)


def test_bad_input():
    with pytest.raises(ValueError, match="de 0 a 1999, y llegó 2000"):
        number_words(2000)
    with pytest.raises(ValueError, match="Hay 45 sumas distintas de 1 cifras, y se pidieron 46"):
        draw_sums(46, 1, seeded())
