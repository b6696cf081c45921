"""Conversa en la terminal con un modelo de verdad, que escribe la respuesta según la piensa.

``python examples/llm/chat.py``
``python examples/llm/chat.py --system "Answer in one short sentence." --save charla.jsonl``

Se termina con Ctrl-D o Ctrl-C. Con ``--save``, la misma orden sigue la conversación donde estaba.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from siguiente.course.cli import scripts

if TYPE_CHECKING:
    from siguiente.language_models.protocol import LanguageModel, TextModel
    from siguiente.language_models.sampling import Choose
    from siguiente.llm.chat import Message


def main(given: Sequence[str] | None = None) -> int:
    """Lee las opciones y conversa hasta que se acaban las preguntas."""
    parser = scripts.new_parser(__doc__)
    add = parser.add_argument
    add("--system", metavar="TEXTO", help="las consignas que el modelo lee antes de todo")
    add("--temperature", type=float, default=0.0, help="cuanto mayor, más variado; con 0, lo más probable")
    add("--seed", type=int, default=0, help="con la misma semilla, las mismas respuestas (%(default)s)")
    add("--length", type=int, default=200, help="tokens de cada respuesta, como máximo (%(default)s)")
    add("--save", type=Path, metavar="ARCHIVO", help="guarda la conversación, y sigue la que hubiera")
    add("--model", default="smollm2-135m-instruct", help="nombre del modelo en el catálogo (%(default)s)")
    return scripts.run_script(parser, talk, given, stopped=". La respuesta a medias no se guarda.")


def talk(options: argparse.Namespace) -> None:
    """Responde a cada pregunta y, cuando la respuesta está entera, guarda la conversación."""
    from siguiente.llm.chat import Message, chat_ids
    from siguiente.llm.files.loading import load
    from siguiente.runtime.store import write_atomically

    messages, choose = opening(options.save, options.system), chooser(options.temperature, options.seed)
    model = load(options.model)
    chat_ids(model, [Message("user", "")])  # si el modelo no es de chat, se sabe antes de preguntar
    for question in questions():
        asked = [*messages, Message("user", question)]
        answer = answered(model, asked, options.length, choose)
        if answer is not None:
            messages = [*asked, Message("assistant", answer)]
            if options.save:
                write_atomically(options.save, "".join(map(as_line, messages)))


def chooser(temperature: float, seed: int) -> "Choose":
    """Cómo se elige cada token."""
    import torch

    from siguiente.language_models.sampling import greedy, sampler

    return sampler(torch.Generator().manual_seed(seed), temperature) if temperature else greedy


def answered(
    model: "TextModel[LanguageModel]", messages: "list[Message]", length: int, choose: "Choose"
) -> str | None:
    """Escribe la respuesta a trozos y la devuelve; si la pregunta no cabe, lo dice y no devuelve nada."""
    from siguiente.llm.chat import fit_context
    from siguiente.llm.replies import stream_reply

    try:
        kept = fit_context(model, messages, length)
        pieces = stream_reply(model, kept, length, choose)
    except ValueError as error:
        print(f"No se puede responder: {error}", file=sys.stderr)
        return None
    if forgotten := len(messages) - len(kept):
        print(f"({forgotten} mensajes, los más antiguos, ya no caben: no los lee.)", file=sys.stderr)
    written = ""
    for piece in pieces:
        written += piece
        print(piece, end="", flush=True)
    print()
    return written


def questions() -> Iterator[str]:
    """Las líneas que se escriben, sin las vacías; en una terminal, tras una marca que invita a escribir."""
    mark = "\n> " if sys.stdin.isatty() else ""
    while True:
        try:
            line = input(mark).strip()
            line.encode()  # según el sistema, los bytes que no son UTF-8 llegan disfrazados
        except EOFError:
            return
        except UnicodeError as error:
            raise ValueError("Lo que llega no es texto en UTF-8: conviértalo antes.") from error
        if line:
            yield line


def opening(path: Path | None, system: str | None) -> "list[Message]":
    """La conversación guardada, si la hay, o una nueva con sus consignas."""
    from siguiente.llm.chat import Message

    first = [Message("system", system)] if system else []
    saved = read(path) if path and path.exists() else []
    if system and saved and saved[0] != first[0]:
        raise ValueError(f"{path} se empezó con otras consignas: quite --system o guarde en otro archivo.")
    if path and not path.parent.is_dir():
        raise ValueError(f"No existe la carpeta {path.parent}, donde se guardaría la conversación: créela.")
    return saved or first


def read(path: Path) -> "list[Message]":
    """Lee una conversación guardada: un mensaje por línea, en JSON, y la última, una respuesta."""
    from siguiente.course.cli.text_file import read_utf8
    from siguiente.llm.chat import Message, check_turns

    messages = []
    for number, line in enumerate(read_utf8(path, "Guarde en otro archivo.").rstrip("\n").split("\n"), 1):
        try:
            fact = json.loads(line)
            messages.append(Message(str(fact["role"]), str(fact["content"])))
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"La línea {number} de {path} no es un mensaje: use otro archivo.") from error
    check_turns([*messages, Message("user", "")], add_generation_prompt=True)
    return messages


def as_line(message: "Message") -> str:
    """Un mensaje, en una línea de JSON."""
    return json.dumps({"role": message.role, "content": message.content}, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
