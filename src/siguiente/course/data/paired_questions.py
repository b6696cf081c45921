"""Cuarenta preguntas sencillas, cada una en español y en inglés, con cuatro respuestas posibles."""

from dataclasses import dataclass

from siguiente.course.data.packaged import packaged_rows

TOPICS = ("geografía", "ciencia", "animales", "casa", "tiempo")


@dataclass(frozen=True)
class Question:
    """Una pregunta en una lengua; de sus respuestas, la primera es la correcta.

    La frase que responde, `frame`, tiene el hueco ``<answer>``; las respuestas se escriben como irían en él.

    >>> question = Question("¿De qué color es la leche?", ("blanca", "negra"), "La leche es <answer>.")
    >>> question.words[0], question.sentences[0]
    ('Blanca', 'La leche es blanca.')
    """

    text: str
    answers: tuple[str, ...]
    frame: str

    @property
    def words(self) -> list[str]:
        """Las respuestas, en pocas palabras."""
        return [answer[0].upper() + answer[1:] for answer in self.answers]

    @property
    def sentences(self) -> list[str]:
        """Las respuestas, en una frase entera."""
        return [self.frame.replace("<answer>", answer) for answer in self.answers]


@dataclass(frozen=True)
class PairedQuestion:
    """La misma pregunta, con las mismas respuestas y en el mismo orden, en dos lenguas."""

    topic: str
    spanish: Question
    english: Question


def load_paired_questions() -> list[PairedQuestion]:
    """Devuelve cuarenta preguntas, ocho de cada tema de `TOPICS`, que se alternan en un orden fijo."""
    return [
        PairedQuestion(row["topic"], in_language(row, "spanish"), in_language(row, "english"))
        for row in packaged_rows("paired_questions.csv")
    ]


def in_language(row: dict[str, str], language: str) -> Question:
    """Una fila, en una de sus lenguas."""
    answers = row[f"answer_{language}"], *row[f"others_{language}"].split("|")
    return Question(row[language], answers, row[f"frame_{language}"])
