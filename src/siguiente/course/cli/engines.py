"""Con qué se responde: un modelo abierto aquí, uno que sirve otro programa, o llama.cpp si está instalado."""

import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from siguiente.course.cli.models import open_model
from siguiente.llm.served import Choosing, Served
from siguiente.llm.server import LLAMA_CPP, Server, connect, is_address

if TYPE_CHECKING:
    from torch import Tensor

    from siguiente.language_models.protocol import TextModel
    from siguiente.llm.chat import Message

AUTO, OWN = "auto", "siguiente"
ENGINES = (AUTO, OWN, LLAMA_CPP)
PARALLEL = 8


def add_engine(parser: Any) -> None:
    """Añade qué programa ejecuta el modelo."""
    told = """quién ejecuta el modelo: «siguiente», el código del curso; «llama.cpp», varias veces más rápido,
si está instalado (pip install xllamacpp); «auto», el más rápido que haya (%(default)s)"""
    parser.add_argument("--engine", choices=ENGINES, default=AUTO, help=told)


def add_parallel(parser: Any) -> None:
    """Añade cuántas peticiones se hacen a la vez a un servidor."""
    from siguiente.course.cli.command import whole

    told = "peticiones a la vez, si el modelo es un servidor (%(default)s)"
    parser.add_argument("--parallel", type=whole(1, 256), default=PARALLEL, metavar="N", help=told)


def choosing(options: Namespace) -> Choosing:
    """Cómo se elige cada token, según las opciones de la orden; sin ellas, lo más probable."""
    names = ("temperature", "top_p", "seed")
    return Choosing(**{name: getattr(options, name) for name in names if hasattr(options, name)})


def open_engine(options: Namespace) -> "Opened | Served":
    """Con qué se responde a estas opciones; si no es lo de siempre, lo dice en stderr."""
    engine = chosen(options)
    if told := engine.told():
        sys.stderr.write(f"{told}\n")
    return engine


def open_scorer(options: Namespace) -> "Opened | Served":
    """Con qué se puntúa: el servidor que se pide, o el modelo abierto aquí, que puntúa sin redondear más."""
    server = open_server(options)
    if server is None:
        return Opened(open_model(options), options)
    sys.stderr.write(f"{server.told()}\n")
    server.need("scores")
    return Served(server, choosing(options), options.parallel)


def chosen(options: Namespace) -> "Opened | Served":
    """El servidor que se pide, el motor más rápido que haya o el modelo abierto aquí."""
    if server := open_server(options):
        return Served(server, choosing(options), getattr(options, "parallel", PARALLEL))
    if getattr(options, "engine", OWN) != OWN:
        from siguiente.course.cli.llama_cpp import open_llama_cpp

        if engine := open_llama_cpp(options):
            return engine
    return Opened(open_model(options), options)


def open_server(options: Namespace) -> Server | None:
    """El servidor de la dirección que se pide, si es una dirección."""
    if not is_address(options.model):
        return None
    if options.adapter is not None:
        raise ValueError("Un servidor no toma un adaptador de aquí: quite --adapter, o sírvalo él.")
    if getattr(options, "engine", AUTO) != AUTO:
        raise ValueError("Un modelo servido lo ejecuta su servidor: quite --engine.")
    return connect(options.model)


@dataclass(frozen=True)
class Opened:
    """Un modelo abierto aquí, con el código del curso."""

    model: "TextModel[Any]"
    options: Namespace

    def told(self) -> str:
        """Lo de siempre no se dice."""
        return ""

    def check_chat(self) -> None:
        """La plantilla dice si conversa."""
        from siguiente.llm.chat import Message, chat_ids

        chat_ids(self.model, [Message("user", "")])

    def reply(self, messages: "list[Message]", length: int) -> tuple[int, Iterator[str]]:
        """Lee lo que cabe y responde."""
        from siguiente.course.cli.models import chooser
        from siguiente.llm.chat import fit_context
        from siguiente.llm.replies import stream_reply

        kept = fit_context(self.model, messages, length)
        return len(messages) - len(kept), stream_reply(self.model, kept, length, chooser(self.options))

    def complete(self, prompt: str, length: int, n: int = 1, stop: Sequence[str] = ()) -> list[str]:
        """Continúa con :func:`~siguiente.language_models.sampling.complete`."""
        from siguiente.course.cli.models import chooser
        from siguiente.language_models.sampling import complete, greedy

        choose = chooser(self.options) if hasattr(self.options, "temperature") else greedy
        return complete(self.model, prompt, length, choose, n, stop=stop)

    def scores(self, prompts: Sequence[str], completions: Sequence[str]) -> "Tensor":
        """Puntúa leyendo una vez lo común."""
        from siguiente.language_models.completions import score_completions

        return score_completions(self.model, prompts, completions).logprobs


Engine = Opened | Served
