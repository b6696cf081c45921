"""Las puntuaciones anotadas de las preguntas en dos lenguas."""

import pytest

from siguiente.course.data.paired_questions import load_paired_questions
from siguiente.course.prompting.chat import CHAT_SCORES, UNMARKED, WORDS, load_question_scores

PARTS = (WORDS, UNMARKED)


@pytest.mark.parametrize("part", PARTS)
def test_there_is_a_log_probability_for_each_language_question_and_answer(part):
    scores = load_question_scores(part)
    assert scores.shape == (2, len(load_paired_questions()), 4)
    assert (scores.exp().sum(-1) <= 1.001).all()


@pytest.mark.parametrize("part", PARTS)
def test_the_first_answer_wins_more_in_english(part):
    english, spanish = (load_question_scores(part).argmax(-1) == 0).float().mean(1)
    assert english > spanish


def test_an_unknown_part_is_refused():
    with pytest.raises(ValueError, match="chat-scores no tiene 'sentences'"):
        CHAT_SCORES.part("sentences")
