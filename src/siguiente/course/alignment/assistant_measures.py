"""Qué cambió al ajustar: si termina su turno, si da la forma pedida, si sigue en español y qué olvidó."""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from siguiente.course.data.instructions import Instruction, follows_form
from siguiente.language_models.protocol import LanguageModel, TextModel
from siguiente.language_models.sampling import generate_batch, greedy
from siguiente.language_models.scoring import text_nats

BATCH = 16
MEASURES = ("termina su turno", "da la forma pedida", "sigue en español")
# Las palabras sin contenido más corrientes de cada lengua, menos las que se escriben igual en las dos.
SPANISH = """
al como con cuando de del donde el ella ellos en entre es esta está este esto fue ha hay la las lo
los más muy ni nos para pero por porque que qué se si sí sin sobre son su sus también te tiene todo
tu un una uno y ya yo
"""
ENGLISH = """
about all an and are as at be been but by can do for from had have her his how i if in into is it
its more my not of on or our she that the their there these they this to was we were what when which
who will with you your
"""


class Reply(NamedTuple):
    """Lo que un modelo respondió."""

    text: str
    """El texto."""
    ended: bool
    """Si terminó su turno."""


def write_replies(model: TextModel[LanguageModel], prompts: Sequence[str], length: int = 60) -> list[Reply]:
    """Responde con lo más probable a unas peticiones, escritas como el modelo las espera.
    Cada respuesta tiene `length` tokens como mucho, con el de final.

    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> write_replies(TextModel(UniformModel(258), ByteTokenizer()), ["Salude."], length=2)
    [Reply(text='\\x00\\x00', ended=False)]
    """
    written, end = list[list[int]](), model.tokenizer.eos_id
    for start in range(0, len(prompts), BATCH):
        ids = [model.encode(prompt) for prompt in prompts[start : start + BATCH]]
        written += generate_batch(model.model, ids, length, greedy, end)
    return [Reply(model.decode(ids), len(ids) < length) for ids in written]


def stopped(reply: Reply, marks: Sequence[str]) -> Reply:
    """Lo que quedaría si quien usa el modelo lo cortara en la primera de unas marcas.
    Es el control del ajuste: lo que un modelo base consigue sin aprender nada.

    >>> stopped(Reply(" Hola.\\nPetición: Otra", ended=False), ["\\nPetición:"])
    Reply(text=' Hola.', ended=True)
    """
    places = [place for mark in marks if (place := reply.text.find(mark)) >= 0]
    return Reply(reply.text[: min(places)], True) if places else reply


def stays_in_spanish(text: str) -> bool:
    """Si no hay más palabras corrientes del inglés que del español.
    Se cuentan artículos, preposiciones y otras sin contenido. Una respuesta de una palabra no suele tener
    ninguna: cuenta como española. Otras lenguas no las nota.

    >>> [stays_in_spanish(text) for text in ("La casa es de mi tía.", "The house is my aunt's.", "positivo")]
    [True, False, True]
    """
    words = re.findall(r"\w+", text.lower())
    spanish, english = (sum(map(words.count, common.split())) for common in (SPANISH, ENGLISH))
    return english <= spanish


def measure_replies(instructions: Sequence[Instruction], replies: Sequence[Reply]) -> Tensor:
    """Mide unas respuestas sin saber de qué modelo son: ceros y unos, (N, 3), en el orden de `MEASURES`.

    >>> from siguiente.course.data.instructions import load_instructions
    >>> test = load_instructions("test")[:2]
    >>> measure_replies(test, [Reply(test[0].completion, True), Reply("I do not know the", False)])
    tensor([[1., 1., 1.],
            [0., 0., 0.]])
    """
    pairs = zip(instructions, replies, strict=True)
    return torch.tensor(
        [(r.ended, follows_form(i, r.text), stays_in_spanish(r.text)) for i, r in pairs], dtype=torch.float
    )


def bits_per_byte(model: TextModel[LanguageModel], texts: Sequence[str]) -> Tensor:
    """Lo que un modelo paga por cada texto, (N,), en bits por byte.

    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> bits_per_byte(TextModel(UniformModel(256), ByteTokenizer(bos_id=0)), ["un texto", "otro"])
    tensor([8., 8.], dtype=torch.float64)
    """
    sizes = torch.tensor([len(text.encode()) for text in texts])
    return text_nats(model, texts) / math.log(2) / sizes
