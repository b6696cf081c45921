"""Lo anotado de buscar y responder: los pasajes reordenados, los parecidos y lo que se escribió."""

import pytest
import torch

from siguiente.course.data.passages import OTHER_WORDS, SAME_WORDS, UNANSWERED, load_passages, load_questions
from siguiente.course.prompting.retrieval import (
    SOLVED,
    WAYS,
    WRITTEN,
    K,
    answerable,
    documents,
    found_in_chunks,
    given_passages,
    is_answered,
    load_answers,
    load_multilingual_scores,
    load_reranked,
    passages,
    questions,
    solved_cases,
)
from siguiente.prompting.retrieval import Bm25, ranks_of

TEXTS = {passage.id: passage.text for passage in load_passages()}


def test_there_are_eight_scores_for_each_question():
    scores = load_reranked()
    assert scores.shape == (len(questions()), len(passages()))
    read = scores.isfinite()
    assert (read.sum(1) == K).all()
    assert (scores[read] < 0).all()
    assert (scores[~read] == -torch.inf).all()


def test_every_question_asks_about_one_of_the_passages():
    asked = [question for question in load_questions("test") if question.kind == OTHER_WORDS]
    assert [question.text for question in asked] == questions()
    assert {TEXTS[question.passage] for question in asked} <= set(passages())


def test_the_multilingual_scores_are_cosines_of_every_question_with_every_passage():
    scores = load_multilingual_scores()
    assert scores.shape == (len(answerable()), len(load_passages()))
    assert scores.abs().max() <= 1
    places = list(TEXTS)
    goals = torch.tensor([places.index(question.passage) for question in answerable()])
    assert (ranks_of(scores, goals) == 1).float().mean() > 0.5


@pytest.mark.parametrize("way", WAYS)
def test_each_question_has_an_answer_of_one_line(way):
    written = load_answers(way)
    assert len(written) == len(answerable())
    assert all(text and "\n" not in text for text in written)


def test_what_is_quoted_is_in_its_passage():
    for text, passage in zip(load_answers("quoted"), given_passages("quoted"), strict=True):
        assert text in passage


def test_the_control_gives_every_question_a_passage_that_does_not_answer_it():
    for question, passage in zip(answerable(), given_passages("wrong"), strict=True):
        assert passage != TEXTS[question.passage]
        assert not is_answered(question, passage)


def test_the_solved_cases_are_of_development_and_of_other_passages():
    prompt = solved_cases()
    assert prompt.count("Respuesta:") == SOLVED
    assert not any(
        TEXTS[question.passage] in prompt for question in load_questions("test") if question.passage
    )
    used = [q for q in load_questions("development") if q.kind != UNANSWERED and TEXTS[q.passage] in prompt]
    assert len({question.passage for question in used}) == SOLVED


def test_every_answer_can_be_written_and_is_in_its_passage():
    for question in answerable():
        assert is_answered(question, TEXTS[question.passage])
        assert len(question.answer.split()) <= WRITTEN


def test_the_documents_hold_the_same_words_as_the_passages():
    together = " ".join(documents().values()).split()
    assert sorted(together) == sorted(" ".join(TEXTS.values()).split())


def test_in_chunks_that_hold_all_of_it_the_answer_is_found_when_its_document_is():
    asked = [question for question in answerable() if question.kind == SAME_WORDS]
    whole = Bm25(list(documents().values())).scores([question.text for question in asked]).argmax(1)
    names = list(documents())
    right = [question.passage.startswith(f"{names[i]}-") for question, i in zip(asked, whole, strict=True)]
    found = found_in_chunks(asked, size=10_000)
    assert all(found[torch.tensor(right)] == 1)
