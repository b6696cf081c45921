"""Lo que SmolLM2 da a preguntas en dos lenguas, en pocas palabras o sin plantilla: se anota una vez."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from siguiente.course.data.paired_questions import Question, load_paired_questions
from siguiente.course.prompting.chat import score_questions, with_chat_template
from siguiente.llm.files.loading import opened
from siguiente.runtime.trained import Part, Run, Trained, thousandths

CHAT = "smollm2-135m-instruct"
READ = 2  # preguntas que se vuelven a puntuar para comprobar los pesos
#: Una plantilla que no marca los turnos y pone cada mensaje en una línea.
PLAIN = "{{ bos_token }}{% for m in messages %}{{ m['content'] }}\n{% endfor %}"
WORDS, UNMARKED = "words", "unmarked"


def load_question_scores(part: str) -> Tensor:
    """Abre las puntuaciones de las preguntas, (2, 40, 4), en nats; si faltan, puntúa.
    En inglés y en español, por pregunta, sus respuestas, la primera correcta. La parte es `words`, en pocas
    palabras, o `unmarked`, en una frase y con la plantilla `PLAIN`.
    """
    return torch.tensor(CHAT_SCORES.rows(part)).transpose(0, 1)


def scored(questions: Sequence[Question], part: str) -> Tensor:
    """Lo mismo que hace la página."""
    if part == UNMARKED:
        return score_questions(with_chat_template(opened(CHAT), PLAIN), questions)
    return score_questions(opened(CHAT), questions, form="words")


def sweep(part: Part) -> Run:
    """Puntúa las preguntas una a una, en las dos lenguas."""
    pairs = [[pair.english, pair.spanish] for pair in load_paired_questions()]
    rows = (thousandths(scored(pair, part.name).tolist()) for pair in pairs)

    def measure(rows: list[Any]) -> list[float]:
        return [float(x) for pair in pairs[:READ] for x in scored(pair, part.name).flatten()]

    return Run(None, rows, measure)


CHAT_SCORES = Trained("chat-scores", __name__, sweep, parts=(WORDS, UNMARKED))
