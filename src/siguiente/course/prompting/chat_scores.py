"""Lo que SmolLM2 da a preguntas en dos lenguas, en pocas palabras o sin plantilla: se anota una vez."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, cast

import torch
from torch import Tensor

from siguiente.course.data.paired_questions import Question, load_paired_questions
from siguiente.language_models.protocol import TextModel
from siguiente.llm.chat import USER, Message
from siguiente.llm.files.tokenizer import PretrainedTokenizer
from siguiente.llm.pretrained import PretrainedModel
from siguiente.llm.replies import score_replies
from siguiente.runtime.trained import Part, Run, Trained

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


@cache
def model() -> TextModel[PretrainedModel]:
    """SmolLM2, abierto una vez."""
    from siguiente.llm.files.loading import load

    return load(CHAT)


def scored(questions: Sequence[Question], part: str) -> Tensor:
    """Lo mismo que hace la página."""
    asked, tokenizer = model(), cast("PretrainedTokenizer", model().tokenizer)
    if part == UNMARKED:
        asked = TextModel(asked.model, replace(tokenizer, chat_template=PLAIN))
    talks = [[Message(USER, question.text)] for question in questions]
    options = [question.words if part == WORDS else question.sentences for question in questions]
    return score_replies(asked, talks, options).logprobs


def sweep(part: Part) -> Run:
    """Puntúa las preguntas una a una, en las dos lenguas."""
    pairs = [[pair.english, pair.spanish] for pair in load_paired_questions()]

    def rows() -> Iterator[Any]:
        for pair in pairs:
            yield [[round(x, 3) for x in answers] for answers in scored(pair, part.name).tolist()]

    def measure(rows: list[Any]) -> list[float]:
        return [float(x) for pair in pairs[:READ] for x in scored(pair, part.name).flatten()]

    return Run(None, rows(), measure)


CHAT_SCORES = Trained("chat-scores", __name__, sweep, parts=(WORDS, UNMARKED))
