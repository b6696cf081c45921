"""La página de conversar: lo que se mide de dos modelos, y las preguntas que se puntúan una sola vez."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, cast

import torch
from torch import Tensor

from siguiente.course.data.paired_questions import Question, load_paired_questions
from siguiente.course.scoring import scoring
from siguiente.language_models.protocol import LanguageModel, TextModel
from siguiente.language_models.scoring import score
from siguiente.llm.chat import ROLES, Message
from siguiente.llm.files.loading import opened
from siguiente.llm.files.tokenizer import PretrainedTokenizer
from siguiente.llm.pretrained import PretrainedModel
from siguiente.llm.replies import score_replies
from siguiente.runtime.trained import Part, Run, Trained

CHAT = "smollm2-135m-instruct"
READ = 2  # preguntas que se vuelven a puntuar para comprobar los pesos
#: Una plantilla que no marca los turnos y pone cada mensaje en una línea.
PLAIN = "{{ bos_token }}{% for m in messages %}{{ m['content'] }}\n{% endfor %}"
WORDS, UNMARKED = "words", "unmarked"
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
FUNCTION_WORDS = {"inglés": {"the", "is", "of", "in", "a"}, "español": {"el", "la", "es", "de", "un"}}


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


def uses_function_words(text: str, language: str) -> bool:
    """Dice si un texto tiene alguna palabra gramatical de una lengua.

    >>> [uses_function_words("París es la capital.", language) for language in ("español", "inglés")]
    [True, False]
    """
    return not FUNCTION_WORDS[language].isdisjoint(text.lower().split())


def introduced(name: str, between: int) -> list[Message]:
    """Una conversación en que alguien dice su nombre, habla de otras cosas y pregunta cómo se llama.

    >>> [message.content for message in introduced("Ana", between=0)]
    ['Hi! My name is Ana.', 'Nice to meet you!', 'What is my name?']
    """
    greeting = [f"Hi! My name is {name}.", "Nice to meet you!"]
    said = [*greeting, *SMALL_TALK[: 2 * between], "What is my name?"]
    _, user, assistant = ROLES
    return [Message(assistant if turn % 2 else user, text) for turn, text in enumerate(said)]


def measured_cache(model: TextModel[PretrainedModel], text: str) -> float:
    """Los bytes que ocupan, por token, las claves y los valores de un texto leído."""
    ids = model.prompt(text)
    _, state = model.model.step(ids)
    kept = [part for layer in state.layers for part in (layer.keys, layer.values)]
    return sum(part.numel() * part.element_size() for part in kept) / ids.shape[1]


def nats_per_token(
    model: TextModel[LanguageModel], texts: Sequence[str], before: Sequence[int] = ()
) -> Tensor:
    """Log-probabilidad media por token de cada texto, (N,), con otros tokens delante de su comienzo.

    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> nats_per_token(TextModel(UniformModel(258), ByteTokenizer()), ["sí", "tal vez"]).exp() * 258
    tensor([1., 1.])
    """
    encoded = [model.encode(text) for text in texts]
    rows = [torch.tensor([*before, *ids]) for ids in encoded]
    padded = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    logprobs = score(model.model, padded, start=len(before) + 1)
    return torch.stack([row[: len(ids) - 1].mean() for row, ids in zip(logprobs, encoded, strict=True)])


def load_question_scores(part: str) -> Tensor:
    """Abre las puntuaciones de las preguntas, (2, 40, 4), en nats; si faltan, puntúa.
    En inglés y en español, por pregunta, sus respuestas, la primera correcta. La parte es `words`, en pocas
    palabras, o `unmarked`, en una frase y con la plantilla `PLAIN`.
    """
    return torch.tensor(CHAT_SCORES.rows(part)).transpose(0, 1)


def score_pairs(part: Part) -> Run:
    """Puntúa las preguntas una a una, en las dos lenguas, lo mismo que hace la página."""
    pairs = [[pair.english, pair.spanish] for pair in load_paired_questions()]

    def scored(questions: Sequence[Question]) -> Tensor:
        if part.name == UNMARKED:
            return score_questions(with_chat_template(opened(CHAT), PLAIN), questions)
        return score_questions(opened(CHAT), questions, form="words")

    return scoring(scored, pairs, [question for pair in pairs[:READ] for question in pair])


CHAT_SCORES = Trained("chat-scores", __name__, score_pairs, parts=(WORDS, UNMARKED))
