"""Lo anotado de las preguntas en dos lenguas: lo que se puntuó y lo que se escribió."""

import pytest

from siguiente.course.data.paired_questions import load_paired_questions
from siguiente.course.prompting.chat import (
    CHAT_SCORES,
    LANGUAGES,
    NUMERALS,
    SENTENCES,
    UNMARKED,
    WORDS,
    load_question_scores,
    load_written_answers,
    names_right,
)

PARTS = (SENTENCES, WORDS, UNMARKED)
QUESTIONS = [getattr(pair, language) for pair in load_paired_questions() for language in LANGUAGES]


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
    with pytest.raises(ValueError, match="chat-scores no tiene 'letters'"):
        CHAT_SCORES.part("letters")


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_an_answer_to_each_question(language):
    written = load_written_answers(language)
    assert len(written) == len(load_paired_questions())
    assert all(written)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.text)
def test_only_its_right_answer_is_right(question):
    right, *others = question.sentences
    assert names_right(question, right)
    assert not any(
        names_right(question, f"{right} {other}") or names_right(question, other) for other in others
    )


def test_numbers_count_in_letters_and_in_figures():
    numeric = [q for q in QUESTIONS if q.answers[0].split()[-1] in NUMERALS]
    assert len(numeric) == 12
    for question in numeric:
        figures = [str(NUMERALS[answer.split()[-1]]) for answer in question.answers]
        assert [names_right(question, text) for text in figures] == [True, False, False, False]
