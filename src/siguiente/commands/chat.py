"""Conversa en la terminal con un modelo de verdad, que escribe la respuesta según la piensa.

``siguiente chat``
``siguiente chat --adapter mi_asistente/adapter.safetensors``
``siguiente chat --model smollm2-135m-instruct --system "Answer in one short sentence." --save charla.jsonl``

Sin decir otra cosa responde el asistente del curso, en español, que de una conversación lee solo la última
pregunta. SmolLM2 la lee entera, y solo sabe inglés. Se termina con Ctrl-D; Ctrl-C corta la respuesta. Con
``--save``, la misma orden sigue la conversación donde estaba.
"""

import json
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siguiente.course.cli import command
from siguiente.course.cli.models import ASSISTANT, add_choosing, add_model

if TYPE_CHECKING:
    from siguiente.language_models.protocol import TextModel
    from siguiente.language_models.sampling import Choose
    from siguiente.llm.chat import Message


def add_options(parser: command.Parser) -> None:
    """Declara lo que la orden acepta."""
    add = parser.add_argument
    add("--system", metavar="TEXTO", help="las consignas que el modelo lee antes de todo")
    add(
        "--length",
        type=command.COUNT,
        default=200,
        metavar="N",
        help="tokens de cada respuesta (%(default)s)",
    )
    add("--save", type=Path, metavar="ARCHIVO", help="guarda la conversación, y sigue la que hubiera")
    add_choosing(parser, temperature=0.0)
    add_model(parser, ASSISTANT)


def run(options: Namespace) -> None:
    """Responde a cada pregunta y, cuando la respuesta está entera, guarda la conversación."""
    from siguiente.course.cli.models import chooser, open_model
    from siguiente.course.cli.score_log import alone
    from siguiente.llm.chat import Message, chat_ids
    from siguiente.runtime.store import write_atomically

    messages = opening(options.save, options.system)
    with alone(options.save) if options.save else nullcontext():
        model, choose = open_model(options), chooser(options)
        chat_ids(model, [Message("user", "")])  # si el modelo no es de chat, se sabe antes de preguntar
        for question in questions():
            asked = [*messages, Message("user", question)]
            answer = answered(model, asked, options, choose)
            if answer is not None:
                messages = [*asked, Message("assistant", answer)]
                if options.save:
                    write_atomically(options.save, "".join(map(as_line, messages)))


def answered(
    model: "TextModel[Any]", messages: "list[Message]", options: Namespace, choose: "Choose"
) -> str | None:
    """Escribe la respuesta a trozos y la devuelve; si no cabe, o se corta, lo dice y no devuelve nada."""
    from siguiente.llm.chat import fit_context
    from siguiente.llm.replies import stream_reply

    try:
        kept = fit_context(model, messages, options.length)
        pieces = stream_reply(model, kept, options.length, choose)
    except ValueError as error:
        print(f"No se puede responder: {error}", file=sys.stderr)
        return None
    if forgotten := len(messages) - len(kept):
        print(f"({forgotten} mensajes, los más antiguos, ya no caben: no los lee.)", file=sys.stderr)
    written = ""
    try:
        for piece in pieces:
            shown = piece if written else piece.lstrip()
            written += shown
            if not options.json:
                print(shown, end="", flush=True)
    except KeyboardInterrupt:
        print("\n(Cortada: esta respuesta no se guarda.)", file=sys.stderr)
        return None
    if options.json:
        options.told.write(json.dumps({"answer": written}, ensure_ascii=False) + "\n")
    else:
        print()
    if not written.strip():
        print("(El modelo no escribió nada: esta pregunta no se guarda.)", file=sys.stderr)
        return None
    return written


def questions() -> Iterator[str]:
    """Las líneas que se escriben, sin las vacías; en una terminal, tras una marca que invita a escribir."""
    with suppress(ImportError):  # no lo hay en Windows; sin él, el sistema corta las líneas largas
        import readline  # noqa: F401
    mark = "\n> " if sys.stdin.isatty() else ""
    while True:
        try:
            line = input(mark).strip()
            line.encode()  # según el sistema, los bytes que no son UTF-8 llegan disfrazados
        except (EOFError, KeyboardInterrupt):
            return
        except UnicodeError as error:
            raise ValueError("Lo que llega no es texto en UTF-8: conviértalo antes.") from error
        if line:
            yield line


def opening(path: Path | None, system: str | None) -> "list[Message]":
    """La conversación guardada, si la hay, o una nueva con sus consignas."""
    from siguiente.llm.chat import Message

    first = [Message("system", system)] if system else []
    saved = read(path) if path and path.exists() and path.stat().st_size else []
    if system and saved and saved[0] != first[0]:
        raise ValueError(f"{path} se empezó con otras consignas: quite --system o guarde en otro archivo.")
    if path and not path.parent.is_dir():
        raise ValueError(f"No existe la carpeta {path.parent}, donde se guardaría la conversación: créela.")
    return saved or first


def read(path: Path) -> "list[Message]":
    """Lee una conversación guardada: un mensaje por línea, en JSON, y la última, una respuesta."""
    from siguiente.course.cli.records import check_whole, read_objects
    from siguiente.llm.chat import Message, check_turns

    messages = []
    for _, fact, where in read_objects(path):
        role, content = fact.get("role"), fact.get("content")
        if not isinstance(role, str) or not isinstance(content, str):
            raise ValueError(f"{where}: no es un mensaje, con «role» y «content» de texto: use otro archivo.")
        check_whole(content, where)
        try:
            messages.append(Message(role, content))
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from error
    check_turns([*messages, Message("user", "")], add_generation_prompt=True)
    return messages


def as_line(message: "Message") -> str:
    """Un mensaje, en una línea de JSON."""
    return json.dumps({"role": message.role, "content": message.content}, ensure_ascii=False) + "\n"
