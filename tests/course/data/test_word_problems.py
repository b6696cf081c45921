"""Los problemas: sus números están en el enunciado, y sus respuestas se distinguen."""

import re
from importlib.resources import files
from itertools import combinations

import pytest

from siguiente.course.data.word_problems import load_word_problems

PROBLEMS = load_word_problems()


def test_the_numbers_are_those_of_the_text():
    for problem in PROBLEMS:
        assert sorted(re.findall(r"\d+", problem.text)) == sorted(map(str, (problem.a, problem.b, problem.c)))


def test_the_four_options_are_different_and_have_two_digits():
    for problem in PROBLEMS:
        assert len(set(problem.options)) == 4
        assert all(10 <= option <= 99 for option in problem.options)


def test_the_options_by_hand():
    lost = PROBLEMS[6]
    assert (lost.first_step, lost.second_step) == ("64 - 19 = 45;", "45 + 12 =")
    assert lost.options == (57, 67, 33, 45)


@pytest.mark.parametrize(("first", "least"), [("+", 12), ("-", 12), ("×", 12)])
def test_every_operation_is_well_represented(first, least):
    assert sum(problem.first == first for problem in PROBLEMS) >= least
    assert all(problem.second in "+-" for problem in PROBLEMS)


def test_the_steps_are_python_arithmetic():
    for problem in PROBLEMS:
        left, right = problem.first_step.replace("×", "*").removesuffix(";").split(" = ")
        assert eval(left) == int(right) == problem.partial
        assert eval(problem.second_step.removesuffix(" =")) == problem.answer


def test_no_text_is_near_another():
    words = [set(re.findall(r"[^\W\d]{4,}", problem.text.lower())) for problem in PROBLEMS]
    assert all(len(a & b) < 0.6 * len(a | b) for a, b in combinations(words, 2))
    assert all(problem.text == " ".join(problem.text.split()) for problem in PROBLEMS)


def test_the_card_states_what_the_file_holds():
    card = (files("siguiente.course.data") / "word_problems.md").read_text(encoding="utf-8")
    assert len(PROBLEMS) == 44
    assert "44 problemas" in card
    assert "otros 40" in card
