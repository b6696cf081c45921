"""Ciento cincuenta pasajes sobre un pueblo que no existe, y preguntas que se comprueban en ellos."""

from dataclasses import dataclass

from siguiente.course.data.packaged import packaged_part, packaged_rows

#: Con las palabras del pasaje, con otras, o sin pasaje que responda.
QUESTION_KINDS = SAME_WORDS, OTHER_WORDS, UNANSWERED = "same words", "other words", "no answer"


@dataclass(frozen=True)
class Passage:
    """Un texto de dos a cuatro oraciones."""

    id: str
    """Su tema y su número, como `fiestas-03`."""
    text: str
    english: str
    """Lo mismo en inglés, solo en los pasajes por los que se pregunta en `test`; en los demás, vacío."""


@dataclass(frozen=True)
class Question:
    """Una pregunta, con lo que hace falta para corregir la respuesta."""

    id: str
    kind: str
    """Una de `QUESTION_KINDS`."""
    text: str
    passage: str
    """El pasaje que la responde; vacío si no hay ninguno."""
    answer: str
    """La respuesta, que está tal cual en el pasaje; vacía si no la hay."""
    english: str
    """La pregunta en inglés, si su pasaje está traducido; si no, vacío."""


def load_passages() -> list[Passage]:
    """Devuelve los pasajes, quince de cada uno de los diez temas."""
    return [Passage(**row) for row in packaged_rows("passages.csv")]


def load_questions(split: str) -> list[Question]:
    """Devuelve las preguntas de ``"development"``, para elegir y ajustar, o de ``"test"``, solo para medir.

    Las dos partes no preguntan por ningún pasaje en común.

    >>> questions = load_questions("development")
    >>> questions[0].text, questions[0].answer
    ('¿Cómo llaman los vecinos al autobús nocturno que sale de la plaza de los Relojes?', 'el Búho')
    """
    return [Question(**row) for row in packaged_part("passages.questions.csv", split)]
