import re
from importlib.resources import files
from itertools import combinations

import pytest

from siguiente.course.data.paired_questions import TOPICS, load_paired_questions

QUESTIONS = load_paired_questions()
LANGUAGES = ("spanish", "english")


def in_language(language):
    return [getattr(question, language) for question in QUESTIONS]


def test_topics_are_balanced_and_alternate():
    assert [question.topic for question in QUESTIONS] == list(TOPICS) * 8


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_has_four_different_answers_and_a_frame(language):
    for question in in_language(language):
        assert len(set(question.answers)) == 4
        assert question.frame.count("<answer>") == 1
        assert question.frame.endswith(".")
        assert question.text.endswith("?")
        assert all(answer == answer.strip() and answer for answer in question.answers)
        assert all(
            answer in sentence for answer, sentence in zip(question.answers, question.sentences, strict=True)
        )
        assert all(word[0].isupper() for word in question.words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_question_is_near_another_and_none_gives_its_answer_away(language):
    words = [set(re.findall(r"\w+", question.text.lower())) for question in in_language(language)]
    assert all(len(a & b) < 0.75 * len(a | b) for a, b in combinations(words, 2))
    for question in in_language(language):
        assert not any(
            re.search(rf"\b{answer}\b", question.text, re.IGNORECASE) for answer in question.answers
        )


def test_each_language_is_written_as_such():
    for question in QUESTIONS:
        assert question.spanish.text.startswith("¿")
        english = question.english.text + question.english.frame + " ".join(question.english.answers)
        assert not set(english) & set("ñáéíóúü¿¡«»")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_right_answer_is_not_told_by_its_length(language):
    longest = [max(q.answers, key=len) == q.answers[0] for q in in_language(language)]
    assert 0.1 < sum(longest) / len(longest) < 0.5


def test_the_card_states_what_the_file_holds():
    card = (files("siguiente.course.data") / "paired_questions.md").read_text(encoding="utf-8")
    assert f"{len(QUESTIONS)} preguntas" in card
    assert all(f"`{topic}`" in card for topic in TOPICS)
