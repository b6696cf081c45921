"""Verificar sumas escritas: lo correcto pasa siempre, y de cada error se sabe si se descubre."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from siguiente.course.data.sums import Column, Sum, number_words
from siguiente.course.prompting.sum_verifier import (
    answers,
    casts_out_nines,
    steps_hold,
    written_answer,
    written_columns,
)
from siguiente.evaluation.selection import NO_ANSWER

SUMS = st.builds(Sum, st.integers(0, 999), st.integers(0, 999))
GOOD = (
    ": cinco más siete, doce; ocho más dos más uno, once; tres más cuatro más uno, ocho; son ochocientos doce"
)


@given(SUMS)
def test_what_is_right_always_passes(added):
    worked = added.solution(steps=True)
    assert written_answer(worked) == written_answer(added.solution(steps=False)) == sum(added)
    assert written_columns(worked) == added.columns
    assert steps_hold(worked)
    assert casts_out_nines(added, worked)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("doce;", "trece;"),  # una cuenta
        ("son ochocientos doce", "son ochocientos once"),  # el resultado no es el de los pasos
        ("ocho más dos más uno, once", "ocho más dos, diez"),  # no se lleva una
        ("cinco más siete, doce", "cinco más dos, siete"),  # se lleva una que no hay
        ("; tres más cuatro más uno, ocho", ""),  # falta una columna
        ("más siete", "siete"),  # no se entiende
    ],
)
def test_each_kind_of_fault_is_seen_in_the_steps(right, wrong):
    assert right in GOOD
    assert steps_hold(GOOD)
    assert not steps_hold(GOOD.replace(right, wrong))


@pytest.mark.parametrize(
    "text",
    [
        ": cinco más siete, doce; ocho más dos más cinco, quince; son ciento cincuenta y dos",
        ": doce más quince, veintisiete; son veintisiete",
    ],
    ids=["carries five", "not a digit"],
)
def test_steps_that_add_up_but_are_not_columns(text):
    assert not steps_hold(text)


def test_the_steps_do_not_see_a_digit_copied_wrong():
    """La suma está bien hecha, pero es otra: para verlo hay que mirar la pregunta."""
    other = Sum(385, 426)
    assert steps_hold(other.solution(steps=True))
    assert not casts_out_nines(Sum(385, 427), other.solution(steps=True))


@given(SUMS, st.integers(-1000, 1000))
def test_nines_miss_only_the_errors_that_are_multiples_of_nine(added, error):
    answer = sum(added) + error
    if 0 <= answer < 2000:
        assert casts_out_nines(added, f" son {number_words(answer)}") == (error % 9 == 0)


@pytest.mark.parametrize("text", ["", " son", " son y uno", "sesenta y cinco", ": ; son"])
def test_what_says_no_number_has_no_answer(text):
    assert written_answer(text) == NO_ANSWER
    assert not casts_out_nines(Sum(0, 8), text)
    assert not steps_hold(text)


def test_answers_are_a_row_per_question():
    assert torch.equal(answers([[" son dos", " son"], [GOOD, ""]]), torch.tensor([[2, -1], [812, -1]]))


def test_columns_are_read_as_written():
    assert written_columns(": siete más ocho, catorce; y qué más; son diez") == [Column((7, 8), 14), None]
