"""Lo que Gemma escribió con calculadora y sin ella: qué se cuenta como acierto y qué se anotó."""

import re

import pytest

from siguiente.course.data.word_problems import load_word_problems
from siguiente.course.prompting.tools import TOOL_CHAINS, WAYS, load_tool_chains, solved
from siguiente.prompting.tools import OPERATIONS

PROBLEMS = load_word_problems()[4:]
PROBLEM = PROBLEMS[0]  # 12 × 3 = 36; 36 - 7 = 29


@pytest.mark.parametrize(
    ("chain", "counted"),
    [
        (" 12 × 3 = 36; 36 - 7 = 29\nRespuesta: 29", [1, 1, 1]),
        (" 12 × 3 = 36; 36 + 7 = 43\nRespuesta: 43", [1, 0, 0]),
        (" 12 + 3 = 15; 36 - 7 = 29\nRespuesta: 29", [0, 1, 1]),
        (" 3 × 12 = 36; 36 - 7 = 29\nRespuesta: 29", [0, 1, 1]),
        (" 12 × 3 = 36; 36 - 7 = 29\nRespuesta: 36", [1, 1, 0]),
        (" 12 × 3 = 36; 36 - 7 = 29; 29 - 1 = 28\nRespuesta: 29", [1, 0, 1]),
        (" 12 × 3 = 36\nRespuesta: 36", [1, 0, 0]),
        ("", [0, 0, 0]),
    ],
)
def test_what_counts(chain, counted):
    found = solved([PROBLEM], [chain])
    assert [x.item() for x in found] == counted


@pytest.mark.parametrize("way", WAYS)
def test_there_is_a_chain_for_each_problem(way):
    assert len(load_tool_chains(way)) == len(PROBLEMS) == 40


def test_with_the_calculator_every_result_is_right():
    for chain in load_tool_chains("calculator"):
        steps = re.findall(r"(\d+) ([+×-]) (\d+) = (-?\d+)", chain)
        assert steps
        assert all(OPERATIONS[sign](int(a), int(b)) == int(c) for a, sign, b, c in steps)


def test_an_unknown_way_is_refused():
    with pytest.raises(ValueError, match="tool-chains no tiene 'abacus'"):
        TOOL_CHAINS.part("abacus")
