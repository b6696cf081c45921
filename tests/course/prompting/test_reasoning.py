"""Problemas puntuados por partes: qué se pregunta en cada una, y qué se anotó."""

import pytest

from siguiente.course.data.word_problems import WordProblem, load_word_problems
from siguiente.course.prompting.reasoning import (
    PROBLEM_SCORES,
    STAGES,
    direct_prompt,
    load_problem_scores,
    stage_prompts,
    worked_prompt,
)

SHOT, PROBLEM = load_word_problems()[:2]


def test_prompts_by_hand():
    assert direct_prompt(PROBLEM, [SHOT]).endswith(f"{PROBLEM.text}\nRespuesta:")
    assert f"{SHOT.text}\nRespuesta: 28\n\n" in direct_prompt(PROBLEM, [SHOT])
    assert f"{SHOT.text}\nCuentas: 24 + 13 = 37; 37 - 9 = 28\nRespuesta: 28\n\n" in worked_prompt(
        PROBLEM, [SHOT]
    )
    assert str(PROBLEM.answer) not in direct_prompt(PROBLEM, []) + worked_prompt(PROBLEM, [])


def test_each_stage_asks_the_next_thing():
    begin = worked_prompt(PROBLEM, [SHOT])
    stages = stage_prompts(PROBLEM, [SHOT])
    assert len(stages) == len(STAGES)
    prompts, options = zip(*stages, strict=True)
    assert [prompt.removeprefix(begin) for prompt in prompts] == [
        " 12 × 4 = 48;",
        " 12 × 4 = 48; 48 - 11 =",
        " 12 × 4 = 48; 48 - 11 = 37\nRespuesta:",
        " 12 × 4 = 48; 48 - 11 = 47\nRespuesta:",
    ]
    assert options == (
        (" 48 - 11", " 48 + 11", " 48 × 11", " 48 / 11"),
        *[(" 37", " 47", " 59", " 48")] * 3,
    )


def test_the_right_operation_always_comes_first():
    for problem in load_word_problems():
        (_, signs), *_ = stage_prompts(problem, [])
        assert len(set(signs)) == 4
        assert signs[0] == f" {problem.second_step.removesuffix(' =')}"


def test_an_operation_that_does_not_exist():
    with pytest.raises(KeyError, match="÷"):
        WordProblem("¿Cuánto?", 8, "÷", 2, "+", 1).answer  # noqa: B018


@pytest.mark.parametrize(("kind", "shape"), [("direct", (40, 4)), ("stages", (40, 4, 4))])
def test_there_is_a_log_probability_for_each_problem_and_answer(kind, shape):
    scores = load_problem_scores(kind)
    assert scores.shape == shape
    assert (scores.exp().sum(-1) <= 1.001).all()


def test_copying_is_easier_than_working_out():
    right = (load_problem_scores("stages").argmax(-1) == 0).float().mean(0)
    assert right[2] > right[1]


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="problem-scores no tiene 'worked'"):
        PROBLEM_SCORES.part("worked")
