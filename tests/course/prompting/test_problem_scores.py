"""Las puntuaciones anotadas de los problemas."""

import pytest

from siguiente.course.prompting.problem_scores import (
    PROBLEM_SCORES,
    load_problem_scores,
)


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
