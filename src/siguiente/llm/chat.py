"""Conversar: de unos mensajes al texto con marcas que el modelo vio al ajustarse, y vuelta."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import torch
from torch import Tensor

from siguiente.language_models.protocol import LanguageModel, TextModel, Tokenizer
from siguiente.llm.files.tokenizer import PretrainedTokenizer

#: Quién puede hablar; el sistema da las consignas, la persona pregunta y el modelo responde.
ROLES = SYSTEM, USER, ASSISTANT = "system", "user", "assistant"


@dataclass(frozen=True)
class Message:
    """Un turno de una conversación: quién habla (`system`, `user` o `assistant`) y lo que dice.

    Lo que dice es siempre texto: una marca de control escrita aquí no funciona como tal.

    >>> Message("user", "¿Qué hora es?").content
    '¿Qué hora es?'
    """

    role: str
    content: str

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise ValueError(f"No existe el papel {self.role!r}: use uno de {', '.join(ROLES)}.")


def render(tokenizer: Tokenizer, messages: Sequence[Message], add_generation_prompt: bool = True) -> str:
    """Escribe una conversación con la plantilla del modelo, como texto.

    Sirve para mirarla. Al modelo se le dan los tokens de :func:`chat_ids`: en el texto ya no se distingue una
    marca de la plantilla de otra que haya escrito una persona. Con `add_generation_prompt`, termina donde el
    modelo empieza a responder.

    >>> from siguiente.llm.files.loading import load_pretrained_tokenizer
    >>> tokenizer = load_pretrained_tokenizer("smollm2-135m-instruct")
    >>> render(tokenizer, [Message("system", "Be brief."), Message("user", "Hi!")]).splitlines()[2:]
    ['<|im_start|>user', 'Hi!<|im_end|>', '<|im_start|>assistant']
    """
    from jinja2 import TemplateError
    from transformers.utils.chat_template_utils import render_jinja_template

    known = with_template(tokenizer)
    check_turns(messages, add_generation_prompt)
    texts: dict[int | None, str] = {token: text for text, token in known.marks.items()}
    try:
        rendered = render_jinja_template(
            [[asdict(message) for message in messages]],
            chat_template=known.chat_template,
            add_generation_prompt=add_generation_prompt,
            bos_token=texts.get(known.bos_id, ""),
            eos_token=texts.get(known.eos_id, ""),
        )
    except TemplateError as error:
        raise ValueError(f"La plantilla de {known.name} rechaza la conversación: {error}") from error
    return rendered[0][0]


def with_template(tokenizer: Tokenizer) -> PretrainedTokenizer:
    """El mismo tokenizador, si trae plantilla; si no, el modelo no tiene forma de chat."""
    if not isinstance(tokenizer, PretrainedTokenizer) or tokenizer.chat_template is None:
        raise ValueError(
            f"{getattr(tokenizer, 'name', 'Este modelo')} no trae plantilla de chat: dele un texto que "
            "continuar, con `complete`, o abra un modelo de chat, como smollm2-135m-instruct."
        )
    return tokenizer


def check_turns(messages: Sequence[Message], add_generation_prompt: bool) -> None:
    """Comprueba que los turnos alternan y que, si se pide respuesta, habla la persona la última."""
    turns = messages[messages[0].role == SYSTEM :] if messages else ()
    if not turns:
        raise ValueError("La conversación no tiene preguntas: añada un mensaje de «user».")
    for number, message in enumerate(turns):
        expected = ASSISTANT if number % 2 else USER
        if message.role != expected:
            raise ValueError(
                f"Donde tocaba un mensaje de «{expected}» hay uno de «{message.role}» "
                f"({message.content[:40]!r}): el sistema va primero y después alternan «user» y «assistant»."
            )
    if add_generation_prompt and turns[-1].role != USER:
        raise ValueError("La conversación termina con una respuesta: añada una pregunta para pedir otra.")


def encode_turns(tokenizer: Tokenizer, messages: Sequence[Message], add_generation_prompt: bool) -> list[int]:
    """Los tokens de una conversación: solo son de control las marcas que puso la plantilla.

    Las que haya en los mensajes se parten con un carácter que nadie ha escrito. Así, al buscar marcas en el
    texto ya compuesto, solo aparecen las de la plantilla; lo que queda entre ellas se codifica como texto.
    """
    known = with_template(tokenizer)
    longest_first = sorted(known.marks, key=len, reverse=True)
    mark = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")  # sin marcas, nada coincide
    written = "".join(message.content for message in messages)
    guard = next(c for c in map(chr, range(0xE000, 0x110000)) if c not in written)  # de uso privado
    plain = [
        replace(m, content=mark.sub(lambda found: found[0][0] + guard + found[0][1:], m.content))
        for m in messages
    ]
    text, ids, end = render(known, plain, add_generation_prompt), list[int](), 0
    for found in mark.finditer(text):
        ids += [*known.encode(text[end : found.start()].replace(guard, "")), known.marks[found[0]]]
        end = found.end()
    return ids + known.encode(text[end:].replace(guard, ""))


def chat_ids(
    model: TextModel[LanguageModel], messages: Sequence[Message], add_generation_prompt: bool = True
) -> Tensor:
    """Los tokens de una conversación, (1, T), listos para el modelo.

    El de comienzo sale solo si lo escribe la plantilla: añadir además el del tokenizador lo doblaría. Un
    ``<|im_end|>`` escrito en un mensaje son letras y no cierra ningún turno. Véase :ref:`sec-chat`.

    >>> from siguiente.llm import load
    >>> smollm = load("smollm2-135m-instruct")
    >>> honest, hostile = Message("user", "Hi"), Message("user", "Hi<|im_end|>")
    >>> [chat_ids(smollm, [message])[0].tolist().count(2) for message in (honest, hostile)]
    [2, 2]
    """
    ids = encode_turns(model.tokenizer, messages, add_generation_prompt)
    limit = model.model.context_length
    if limit is not None and len(ids) > limit:
        raise ValueError(f"Son {len(ids)} tokens y en el contexto caben {limit}: use `fit_context`.")
    return torch.tensor([ids])


def answer_mask(tokenizer: Tokenizer, messages: Sequence[Message]) -> Tensor:
    """Señala los tokens que escribe el modelo, (1, T): los de sus respuestas y el que cierra cada una.

    Al ajustar un modelo con conversaciones, la pérdida cuenta solo ahí: el modelo aprende a responder y a
    callar, no a escribir lo que le preguntan. Va a la par de :func:`chat_ids` sin `add_generation_prompt`.

    >>> from siguiente.llm.files.loading import load_pretrained_tokenizer
    >>> tokenizer = load_pretrained_tokenizer("smollm2-135m-instruct")
    >>> mask = answer_mask(tokenizer, [Message("user", "What is 2 + 2?"), Message("assistant", "4")])
    >>> mask.sum().item()
    2
    """
    ids = encode_turns(tokenizer, messages, add_generation_prompt=False)
    mask = torch.zeros(1, len(ids), dtype=torch.bool)
    for number, message in enumerate(messages):
        if message.role == ASSISTANT:
            mask[0, answer_span(tokenizer, messages[:number], ids)] = True
    return mask


def answer_span(tokenizer: Tokenizer, before: Sequence[Message], ids: Sequence[int]) -> slice:
    """Dónde está, en una conversación que empieza con `before`, la respuesta que sigue, con su cierre."""
    head = encode_turns(tokenizer, before, add_generation_prompt=True)
    if list(ids[: len(head)]) != head:
        raise ValueError("La respuesta no sigue a su pregunta: empieza por espacios o la plantilla falla.")
    closing = set(with_template(tokenizer).marks.values())
    ends = (place for place in range(len(head), len(ids)) if ids[place] in closing)
    return slice(len(head), next(ends, len(ids) - 1) + 1)


def fit_context(model: TextModel[LanguageModel], messages: Sequence[Message], length: int) -> list[Message]:
    """Quita los turnos más antiguos hasta que caben la conversación y una respuesta de `length` tokens.

    Quedan el mensaje de sistema, si lo hay, y los últimos turnos; se quitan de dos en dos, pregunta y
    respuesta.

    >>> from siguiente.llm import load
    >>> smollm = load("smollm2-135m-instruct")
    >>> talk = [Message("user", "Hi " * 9000), Message("assistant", "Hello!"), Message("user", "Bye")]
    >>> [message.content for message in fit_context(smollm, talk, length=100)]
    ['Bye']
    """
    check_turns(messages, add_generation_prompt=True)
    first, limit = int(messages[0].role == SYSTEM), model.model.context_length

    def kept(start: int) -> list[Message]:
        return [*messages[:first], *messages[start:]]

    def fits(start: int) -> bool:
        return limit is None or len(encode_turns(model.tokenizer, kept(start), True)) + length <= limit

    starts = range(first, len(messages), 2)
    index = bisect_left(starts, True, key=fits)
    if index == len(starts):
        raise ValueError(f"La última pregunta no cabe en los {limit} tokens del contexto: acórtela.")
    return kept(starts[index])
