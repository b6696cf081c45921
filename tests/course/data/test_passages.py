import re
from collections import Counter
from importlib.resources import files
from itertools import combinations

import pytest

from siguiente.course.data.passages import (
    OTHER_WORDS,
    QUESTION_KINDS,
    SAME_WORDS,
    UNANSWERED,
    load_passages,
    load_questions,
)

PASSAGES = {passage.id: passage for passage in load_passages()}
PARTS = {split: load_questions(split) for split in ("development", "test")}
QUESTIONS = [question for part in PARTS.values() for question in part]
ANSWERED = [question for question in QUESTIONS if question.kind != UNANSWERED]


def words(text):
    return re.findall(r"\w+", text.lower())


def stems(text):
    """Las palabras con contenido, sin su final: bastan cinco letras para reconocerlas."""
    return {word[:5] for word in words(text) if len(word) > 3}


def test_passages_are_150_and_topics_balanced():
    topics = Counter(name.rsplit("-", 1)[0] for name in PASSAGES)
    assert len(PASSAGES) == 150
    assert set(topics.values()) == {15}
    assert all(40 <= len(words(passage.text)) <= 80 for passage in PASSAGES.values())
    assert all(2 <= len(re.findall(r"[.?!](?:\s|$)", passage.text)) <= 5 for passage in PASSAGES.values())


def test_no_text_is_near_another():
    for texts in ([p.text for p in PASSAGES.values()], [q.text for q in QUESTIONS]):
        sets = [set(words(text)) for text in texts]
        assert all(len(a & b) < 0.5 * len(a | b) for a, b in combinations(sets, 2))


def test_texts_are_clean():
    texts = [t for p in PASSAGES.values() for t in (p.text, p.english)]
    texts += [t for q in QUESTIONS for t in (q.text, q.english, q.answer)]
    assert all(text == " ".join(text.split()) for text in texts)
    assert all(question.text.count("¿") == question.text.count("?") == 1 for question in QUESTIONS)


def test_every_answer_is_literally_in_its_passage_and_not_in_its_question():
    for question in ANSWERED:
        assert question.answer in PASSAGES[question.passage].text, question
        assert question.answer.lower() not in question.text.lower(), question
        assert len(words(question.answer)) <= 6, question
    for question in QUESTIONS:
        assert (question.kind == UNANSWERED) == (not question.passage) == (not question.answer)


def test_each_passage_asked_about_has_a_question_of_each_kind_and_one_answer():
    asked = {question.passage for question in ANSWERED}
    for name in asked:
        pair = [question for question in ANSWERED if question.passage == name]
        assert [question.kind for question in pair] == [SAME_WORDS, OTHER_WORDS]
        assert pair[0].answer == pair[1].answer


def test_questions_share_the_words_that_their_kind_says():
    for question in ANSWERED:
        asked = stems(question.text)
        shared = len(asked & stems(PASSAGES[question.passage].text)) / len(asked)
        assert shared >= 0.6 if question.kind == SAME_WORDS else shared <= 0.25, question


def test_the_two_parts_ask_about_different_passages():
    development, test = ({question.passage for question in part} - {""} for part in PARTS.values())
    assert not development & test


def test_what_is_translated_is_what_the_test_part_asks_about():
    translated = {name for name, passage in PASSAGES.items() if passage.english}
    assert translated == {question.passage for question in PARTS["test"]} - {""}
    for question in QUESTIONS:
        assert bool(question.english) == (question.passage in translated)
        assert not set(question.english) & set("¿¡")


def test_an_unknown_part_is_refused():
    with pytest.raises(ValueError, match="No hay una parte «prueba»"):
        load_questions("prueba")


def test_the_card_states_what_the_files_hold():
    card = (files("siguiente.course.data") / "passages.md").read_text(encoding="utf-8")
    lengths = [len(words(passage.text)) for passage in PASSAGES.values()]
    for fact in (
        f"{len(PASSAGES)} pasajes",
        f"{len(QUESTIONS)} preguntas",
        f"{min(lengths)} a {max(lengths)} palabras",
    ):
        assert fact in card
    assert f"`development`, {len(PARTS['development'])} preguntas" in card
    assert f"`test`, {len(PARTS['test'])}," in card
    kinds = Counter(question.kind for question in QUESTIONS)
    assert set(kinds) == set(QUESTION_KINDS)
    assert f"{kinds[SAME_WORDS]} pasajes tienen" in card
    assert f"Otras {kinds[UNANSWERED]}" in card
    translated = sum(bool(passage.english) for passage in PASSAGES.values())
    assert f"Los {translated} pasajes" in card
    assert all(f"`{name.rsplit('-', 1)[0]}`" in card for name in PASSAGES)
