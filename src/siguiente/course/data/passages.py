"""Ciento cincuenta pasajes sobre un pueblo que no existe, y preguntas que se comprueban en ellos."""

from dataclasses import dataclass

from siguiente.course.data.packaged import packaged_rows

#: Con las palabras del pasaje, con otras, o sin pasaje que responda.
QUESTION_KINDS = SAME_WORDS, OTHER_WORDS, UNANSWERED = "same words", "other words", "no answer"
SPLITS = ("development", "test")


@dataclass(frozen=True)
class Passage:
    """Un texto de dos a cuatro oraciones."""

    id: str
    """Su tema y su número, como `fiestas-03`."""
    text: str
    """El texto, en español."""
    english: str
    """Lo mismo en inglés, solo en los pasajes por los que se pregunta en `test`; en los demás, vacío."""


@dataclass(frozen=True)
class Question:
    """Una pregunta, con lo que hace falta para corregir la respuesta."""

    id: str
    """Su número."""
    kind: str
    """Una de `QUESTION_KINDS`."""
    text: str
    """La pregunta, en español."""
    passage: str
    """El pasaje que la responde; vacío si no hay ninguno."""
    answer: str
    """La respuesta, que está tal cual en el pasaje; vacía si no la hay."""
    english: str
    """La pregunta en inglés, si su pasaje está traducido; si no, vacío."""


def load_passages() -> list[Passage]:
    """Devuelve los pasajes, quince de cada uno de los diez temas.

    Examples
    --------
    >>> passages = load_passages()
    >>> len(passages), passages[0].id
    (150, 'transporte-01')
    """
    return [Passage(**row) for row in packaged_rows("passages.csv")]


def load_questions(split: str) -> list[Question]:
    """Devuelve las preguntas de una parte; las dos partes no preguntan por ningún pasaje en común.

    Parameters
    ----------
    split : {"development", "test"}
        Con la primera se elige y se ajusta; con la otra solo se mide.

    Raises
    ------
    ValueError
        Si no existe esa parte.

    Examples
    --------
    >>> questions = load_questions("development")
    >>> questions[0].text, questions[0].answer
    ('¿Cómo llaman los vecinos al autobús nocturno que sale de la plaza de los Relojes?', 'el Búho')
    """
    if split not in SPLITS:
        raise ValueError(f"No hay una parte «{split}». Elija una de estas: {', '.join(SPLITS)}.")
    rows = packaged_rows("passages.questions.csv")
    return [Question(**row) for row in rows if row.pop("split") == split]
