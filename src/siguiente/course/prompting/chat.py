"""La página de conversar: lo que se mide de dos modelos, y las preguntas que se puntúan una sola vez."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, cast

import torch
from torch import Tensor

from siguiente.course.data.paired_questions import Question, load_paired_questions
from siguiente.course.scoring import scoring
from siguiente.language_models.protocol import LanguageModel, TextModel
from siguiente.language_models.scoring import text_nats
from siguiente.llm.chat import ROLES, Message
from siguiente.llm.files.loading import opened
from siguiente.llm.files.tokenizer import PretrainedTokenizer
from siguiente.llm.pretrained import PretrainedModel
from siguiente.llm.replies import reply, score_replies
from siguiente.runtime.trained import Part, Run, Trained

CHAT = "smollm2-135m-instruct"
READ = 2  # preguntas que se vuelven a puntuar para comprobar los pesos
#: Una plantilla que no marca los turnos y pone cada mensaje en una línea.
PLAIN = "{{ bos_token }}{% for m in messages %}{{ m['content'] }}\n{% endfor %}"
SENTENCES, WORDS, UNMARKED = "sentences", "words", "unmarked"
LANGUAGES = {"english": "inglés", "spanish": "español"}
WRITTEN = 24  # tokens de una respuesta escrita
#: Los números que se ofrecen, o la última palabra de los que tienen dos, y sus cifras.
NUMERALS = {
    **{"four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12},
    **{"twenty": 20, "twenty-four": 24, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "hundred": 100},
    **{"cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10, "doce": 12},
    **{"veinte": 20, "veinticuatro": 24, "treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60},
    "cien": 100,
}
#: Los nombres que puede decir quien se presenta.
NAMES = ("Ana", "Bruno", "Carla", "Diego", "Elena", "Felipe", "Gloria", "Hugo", "Irene", "Jorge")
SMALL_TALK = (
    "What color is the sky?",
    "The sky is blue.",
    "How many legs does a dog have?",
    "A dog has four legs.",
    "What is ice made of?",
    "Ice is made of water.",
    "Tell me a fruit.",
    "An apple is a fruit.",
)


def token_texts(tokenizer: PretrainedTokenizer, ids: Tensor) -> list[str]:
    """El texto de cada uno de los T tokens de un vocabulario de bytes, con los espacios a la vista.

    >>> from siguiente.llm.files.loading import load_pretrained_tokenizer
    >>> token_texts(load_pretrained_tokenizer("smollm2-135m-instruct"), torch.tensor([2, 198, 9690]))
    ['<|im_end|>', '\\n', 'system']
    """
    pieces = (tokenizer.backend.id_to_token(i) or "" for i in ids.tolist())
    return [piece.replace("Ċ", "\n").replace("Ġ", "␣") for piece in pieces]


def token_kinds(tokenizer: PretrainedTokenizer, ids: Tensor) -> list[str]:
    """La clase de cada uno de los T tokens de una conversación: de control, parte de un papel o texto."""
    texts = token_texts(tokenizer, ids)

    def kind(place: int) -> str:
        if texts[place] in tokenizer.marks:
            return "control"
        named = "<|im_start|>" in texts[max(place - 2, 0) : place]
        return "papel" if named and texts[place] != "\n" else "texto"

    return [kind(place) for place in range(len(texts))]


def with_chat_template(model: TextModel[PretrainedModel], template: str) -> TextModel[PretrainedModel]:
    """El mismo modelo, que escribe las conversaciones con otra plantilla."""
    tokenizer = cast(PretrainedTokenizer, model.tokenizer)
    return TextModel(model.model, replace(tokenizer, chat_template=template))


def score_questions(
    model: TextModel[LanguageModel],
    questions: Sequence[Question],
    form: Literal["sentences", "words"] = "sentences",
) -> Tensor:
    """Log-probabilidad de las respuestas a cada pregunta, (N, 4), en una frase o en pocas palabras."""
    talks = [[Message("user", question.text)] for question in questions]
    answers = [question.sentences if form == "sentences" else question.words for question in questions]
    return score_replies(model, talks, answers).logprobs


def introduced(name: str, between: int) -> list[Message]:
    """Una conversación en que alguien dice su nombre, habla de otras cosas y pregunta cómo se llama.

    >>> [message.content for message in introduced("Ana", between=0)]
    ['Hi! My name is Ana.', 'Nice to meet you!', 'What is my name?']
    """
    greeting = [f"Hi! My name is {name}.", "Nice to meet you!"]
    said = [*greeting, *SMALL_TALK[: 2 * between], "What is my name?"]
    _, user, assistant = ROLES
    return [Message(assistant if turn % 2 else user, text) for turn, text in enumerate(said)]


def names_right(question: Question, text: str) -> bool:
    """Dice si un texto nombra la respuesta correcta, con letras o con cifras, y ninguna de las otras.

    De cada respuesta se busca su última palabra: de «con un cuchillo», «cuchillo».

    >>> week = load_paired_questions()[4].english
    >>> [names_right(week, text) for text in ("A week has 7 days.", "Seven.", "From six to seven.")]
    [True, True, False]
    """
    said = set(re.findall(r"[\w-]+", text.lower()))
    keys = [answer.lower().split()[-1] for answer in question.answers]
    right, *others = (not said.isdisjoint({key, str(NUMERALS.get(key, key))}) for key in keys)
    return right and not any(others)


def load_question_scores(part: str) -> Tensor:
    """Abre las puntuaciones de las preguntas, (2, 40, 4), en nats; si faltan, puntúa.
    En inglés y en español, por pregunta, sus respuestas, la primera correcta. La parte es `sentences`, en una
    frase, `words`, en pocas palabras, o `unmarked`, en una frase y con la plantilla `PLAIN`.
    """
    return torch.tensor(CHAT_SCORES.rows(part)).transpose(0, 1)


def score_pairs(part: Part) -> Run:
    """Puntúa las preguntas una a una, en las dos lenguas."""
    pairs = [[pair.english, pair.spanish] for pair in load_paired_questions()]

    def scored(questions: Sequence[Question]) -> Tensor:
        if part.name == UNMARKED:
            return score_questions(with_chat_template(opened(CHAT), PLAIN), questions)
        return score_questions(opened(CHAT), questions, "words" if part.name == WORDS else "sentences")

    return scoring(scored, pairs, [question for pair in pairs[:READ] for question in pair])


CHAT_SCORES = Trained("chat-scores", __name__, score_pairs, parts=(SENTENCES, WORDS, UNMARKED))


def load_written_answers(language: str) -> list[str]:
    """Abre lo que SmolLM2 escribió a cada pregunta, con su plantilla y lo más probable; si falta, lo escribe.

    >>> load_written_answers("english")[0]
    'The capital of France is Paris.'
    """
    return [text for (text,) in CHAT_ANSWERS.rows(language)]


def write_answers(part: Part) -> Run:
    """Responde a las preguntas de una lengua, una a una."""
    asked = [getattr(pair, part.name).text for pair in load_paired_questions()]
    reports = ([reply(opened(CHAT), [Message("user", text)], WRITTEN)] for text in asked)
    return Run(None, reports, lambda rows: text_nats(opened(CHAT), rows[0], context=asked[0]).tolist())


CHAT_ANSWERS = Trained("chat-answers", __name__, write_answers, parts=tuple(LANGUAGES))
