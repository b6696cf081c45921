"""Las puntuaciones anotadas de los pasajes que Gemma reordena."""

import torch

from siguiente.course.data.passages import OTHER_WORDS, load_passages, load_questions
from siguiente.course.prompting.retrieval import K, load_reranked, passages, questions


def test_there_are_eight_scores_for_each_question():
    scores = load_reranked()
    assert scores.shape == (len(questions()), len(passages()))
    read = scores.isfinite()
    assert (read.sum(1) == K).all()
    assert (scores[read] < 0).all()
    assert (scores[~read] == -torch.inf).all()


def test_every_question_asks_about_one_of_the_passages():
    texts = {passage.id: passage.text for passage in load_passages()}
    asked = [question for question in load_questions("test") if question.kind == OTHER_WORDS]
    assert [question.text for question in asked] == questions()
    assert {texts[question.passage] for question in asked} <= set(passages())
