"""llama.cpp, si está instalado: el mismo archivo del modelo, calculado con sus pesos de pocos bits."""

import atexit
import os
import secrets
import shutil
import subprocess
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siguiente.llm.connection import Connection
from siguiente.llm.served import Form, Served, before, whole
from siguiente.llm.server import LLAMA_CPP, Server, able

if TYPE_CHECKING:
    from siguiente.language_models.protocol import TextModel
    from siguiente.llm.chat import Message
    from siguiente.llm.files.catalogue import ModelCard

OURS, PACKAGE, PROGRAM = "siguiente", "xllamacpp", "llama-server"
RUNNING: list[Any] = []  # los servidores de este proceso, que viven mientras alguien los tenga
CONTEXT = 8192  # tokens que caben en el contexto de un archivo ajeno, si no son menos los suyos
WAITS = (0.05, *[0.1] * 100, *[1.0] * 100)  # mientras abre el modelo responde que está ocupado
# Primero la temperatura y después la cola, como aquí, y nada más.
SAMPLING = {"samplers": ["temperature", "top_p"], "repeat_penalty": 1.0, "cache_prompt": True}


def installed() -> str:
    """El paquete o el programa con que se puede ejecutar; vacío si no hay ninguno."""
    if find_spec(PACKAGE):
        return PACKAGE
    return PROGRAM if shutil.which(PROGRAM) else ""


def open_llama_cpp(options: Namespace) -> "Served | None":
    """El modelo que se pide, en llama.cpp; si no puede ser, nada o, si se pidió expresamente, el motivo."""
    reason = why_not(options)
    if reason and options.engine == LLAMA_CPP:
        raise ValueError(reason)
    return None if reason else opened(options)


def why_not(options: Namespace) -> str:
    """Por qué un modelo no se ejecuta con llama.cpp; vacío si se puede."""
    from siguiente.llm.files.catalogue import CATALOGUE
    from siguiente.llm.files.foreign import GGUF

    if not installed():
        return f"llama.cpp no está instalado: hágalo con `pip install {PACKAGE}`, o quite --engine."
    if options.adapter is not None:
        return "llama.cpp no lee un adaptador de aquí: use --engine siguiente."
    if not options.model.endswith(GGUF) and options.model not in {card.name for card in CATALOGUE}:
        return f"llama.cpp necesita un archivo {GGUF}, y {options.model} no lo es: use --engine siguiente."
    return ""


def opened(options: Namespace) -> "Served":
    """El modelo en un servidor de llama.cpp, que nadie más usa y que termina con la orden."""
    from siguiente.course.cli.engines import choosing
    from siguiente.llm.files import foreign
    from siguiente.llm.files.catalogue import card
    from siguiente.llm.files.loading import load_pretrained_tokenizer

    path = Path(options.model)
    if not options.model.endswith(foreign.GGUF):
        found = card(options.model)
        server = started(gguf_file(found), found.config["max_position_embeddings"])
        tokenizer = load_pretrained_tokenizer(found.name)
        return LlamaCpp(server, choosing(options), 1, window(tokenizer, found))
    foreign.check_gguf(path)
    server = started(path, 0)
    return Served(able(server), choosing(options), 1)


def gguf_file(card: "ModelCard") -> Path:
    """El archivo GGUF de un modelo del catálogo, en una pieza: si viene en trozos, se unen una vez."""
    from siguiente.llm.files.sources import find, join, verify
    from siguiente.runtime.store import build_directory

    parts = find(card)
    if len(parts) == 1:
        return parts[0]

    def prepare(target: Path) -> None:
        verify(card, parts)
        join(parts, target / card.filename)

    return build_directory(f"{card.name}-gguf", card.sha256, prepare, needed=card.size) / card.filename


@dataclass(frozen=True)
class Window:
    """De un modelo que ejecuta otro programa, lo único que hace falta aquí: cuánto cabe."""

    vocab_size: int
    context_length: int


def window(tokenizer: Any, card: "ModelCard") -> "TextModel[Any]":
    """El tokenizador de un modelo del catálogo y su contexto, sin leer sus pesos."""
    from siguiente.language_models.protocol import TextModel

    shape: Any = Window(tokenizer.vocab_size, card.config["max_position_embeddings"])
    return TextModel(shape, tokenizer)


@dataclass(frozen=True)
class LlamaCpp(Served):
    """Un modelo del catálogo en llama.cpp: se le dan los tokens de aquí, no el texto.

    Así lee lo mismo que leería con el código del curso, y una marca escrita en un mensaje son letras.
    """

    text: "TextModel[Any] | None" = None

    @property
    def known(self) -> "TextModel[Any]":
        """El tokenizador y el contexto."""
        if self.text is None:
            raise ValueError("Falta el tokenizador del modelo.")
        return self.text

    def told(self) -> str:
        """Quién escribe."""
        return f"Escribe llama.cpp ({installed()}); con --engine {OURS}, el código del curso."

    def check_chat(self) -> None:
        """La plantilla dice si conversa."""
        from siguiente.llm.chat import Message, chat_ids

        chat_ids(self.known, [Message("user", "")])

    def reply(self, messages: "list[Message]", length: int) -> tuple[int, Iterator[str]]:
        """Lee lo que cabe y responde."""
        from siguiente.llm.chat import encode_turns, fit_context

        kept = fit_context(self.known, messages, length)
        ids = encode_turns(self.known.tokenizer, kept, add_generation_prompt=True)
        events = self.server.connection.stream("//completion", self._content(ids, length))
        return len(messages) - len(kept), (said for event in events if (said := whole(event["content"])))

    def _content(self, ids: list[int], length: int, turn: int = 0) -> dict[str, Any]:
        return {"prompt": ids, "n_predict": length, **SAMPLING, **self.choosing.said(turn)}

    def _written(self, prompt: str, length: int, stop: Sequence[str], turn: int) -> str:
        from siguiente.language_models.protocol import check_room

        ids = self.known.prompt(prompt)[0].tolist()
        check_room(self.known.model, len(ids) + length)
        content = self._content(ids, length, turn) | {"stop": list(stop)}
        return before(whole(self.server.connection.ask("//completion", content)["content"]), stop)

    def _formed(self, prompt: str, form: Form, length: int) -> str:
        ids = self.known.prompt(prompt)[0].tolist()
        content = self._content(ids, length) | {"grammar": form.grammar, "temperature": 0}
        return whole(self.server.connection.ask("//completion", content)["content"])


def started(path: Path, context: int) -> Server:
    """Arranca el servidor en la dirección del propio equipo, con una clave al azar, y espera a que lea."""
    from joblib import cpu_count

    key, threads = secrets.token_urlsafe(), cpu_count()
    context = context or CONTEXT
    if installed() == PACKAGE:
        address = in_process(path, context, threads, key)
    else:
        address = program(path, context, threads, key)
    connection = Connection(f"{address}/v1", key, WAITS)
    connection.ask("/models")
    return Server(connection, path.name, LLAMA_CPP, writes=True, constrains="grammar")


def in_process(path: Path, context: int, threads: int, key: str) -> str:
    """El servidor de xllamacpp, que corre en este proceso; da su dirección."""
    import xllamacpp  # type: ignore[import-not-found]

    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx, params.n_parallel, params.verbosity, params.warmup = context, 1, 0, False
    params.hostnames, params.port, params.api_keys = ["127.0.0.1"], 0, [key]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    try:
        server = xllamacpp.Server(params)
    except RuntimeError as error:
        raise ValueError(f"llama.cpp no puede abrir {path}: {error}") from error
    RUNNING.append(server)
    return str(server.listening_address)


def program(path: Path, context: int, threads: int, key: str) -> str:
    """El programa de llama.cpp, aparte, en un puerto libre; da su dirección."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    sizes = {"--port": port, "--ctx-size": context, "--threads": threads, "--parallel": 1}
    given = [str(part) for pair in sizes.items() for part in pair]
    command = [PROGRAM, "--model", str(path), "--host", "127.0.0.1", "--no-webui", *given]
    # La clave, por el entorno: lo que va en la orden lo ve cualquiera.
    process = subprocess.Popen(
        command,
        env={**os.environ, "LLAMA_API_KEY": key},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    atexit.register(process.terminate)
    while process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return f"http://127.0.0.1:{port}"
        time.sleep(0.05)
    raise ValueError(f"{PROGRAM} no puede abrir {path}: ejecútelo aparte para ver por qué.")
