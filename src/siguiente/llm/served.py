"""Usar un modelo que sirve otro programa: continuar, conversar, puntuar y escribir con una forma."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from siguiente.llm.connection import ServerError, in_parallel
from siguiente.llm.server import PATTERNS, SCHEMED, Server, echoed, forced, schema_format

if TYPE_CHECKING:
    from torch import Tensor

    from siguiente.llm.chat import Message


@dataclass(frozen=True)
class Choosing:
    """Cómo se elige cada token, dicho a un servidor."""

    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0

    def said(self, turn: int = 0) -> dict[str, Any]:
        """Las opciones de la petición número `turn`: cada una, con otra semilla."""
        return {
            "temperature": self.temperature,
            "top_p": min(self.top_p, 1.0) if self.temperature else 1.0,
            "seed": self.seed + turn,
        }


@dataclass(frozen=True)
class Form:
    """La forma de un texto, dicha de tres maneras: un patrón, su gramática y un esquema de JSON."""

    pattern: str
    grammar: str
    schema: Any


@dataclass(frozen=True)
class Served:
    """Un modelo que ejecuta un servidor: se le pide por HTTP, `parallel` cosas a la vez como mucho."""

    server: Server
    choosing: Choosing = field(default_factory=Choosing)
    parallel: int = 1

    def told(self) -> str:
        """Qué servidor es y qué sabe."""
        return self.server.told()

    def check_chat(self) -> None:
        """Lo que se le preguntó al empezar."""
        self.server.need("chats")

    def reply(self, messages: "list[Message]", length: int) -> tuple[int, Iterator[str]]:
        """Pide la respuesta; si la conversación no cabe, quita los turnos más antiguos."""
        first = int(messages[0].role == "system")
        for start in range(first, len(messages), 2):
            kept = [*messages[:first], *messages[start:]]
            try:
                return start - first, self._stream(kept, length)
            except ServerError as error:
                if error.status != 400 or "context" not in str(error) or start + 2 >= len(messages):
                    raise
        raise ValueError("La conversación no tiene preguntas: añada un mensaje de «user».")

    def _stream(self, messages: "Sequence[Message]", length: int) -> Iterator[str]:
        said = [{"role": message.role, "content": message.content} for message in messages]
        content = {"model": self.server.model, "messages": said, self.server.limit: length}
        events = self.server.connection.stream("/chat/completions", content | self.choosing.said())
        return pieces(events)

    def complete(self, prompt: str, length: int, n: int = 1, stop: Sequence[str] = ()) -> list[str]:
        """Continúa un texto `n` veces; a un servidor que solo conversa se le dice como un mensaje."""
        if self.server.writes:
            return self._several(lambda turn: self._written(prompt, length, stop, turn), n)
        self.server.need("chats")
        return self._several(lambda turn: self._answered(prompt, length, stop, turn), n)

    def _several(self, write: Callable[[int], str], n: int) -> list[str]:
        made = dict(in_parallel(write, range(n), self.parallel))
        return [made[turn] for turn in range(n)]

    def _written(self, prompt: str, length: int, stop: Sequence[str], turn: int) -> str:
        more = self.choosing.said(turn) | ({"stop": list(stop)} if stop else {})
        said = self.server.ask("/completions", prompt=prompt, max_tokens=length, **more)
        return before(whole(said["choices"][0]["text"]), stop)

    def _answered(self, prompt: str, length: int, stop: Sequence[str], turn: int) -> str:
        more = self.choosing.said(turn) | {self.server.limit: length}
        asked = [{"role": "user", "content": prompt}]
        said = self.server.ask("/chat/completions", messages=asked, **more)
        return before(whole(said["choices"][0]["message"]["content"] or "").lstrip(), stop)

    def scores(self, prompts: Sequence[str], completions: Sequence[str]) -> "Tensor":
        """Puntúa cada texto con todas sus continuaciones; varios textos, a la vez."""
        import torch

        self.server.need("scores")
        way = by_echo if self.server.scores == "echo" else by_tokens
        made = dict(in_parallel(lambda prompt: way(self.server, prompt, completions), prompts, self.parallel))
        return torch.tensor([made[i] for i in range(len(prompts))])

    def fulfilling(self, prompts: Sequence[str], form: Form, length: int) -> Iterator[tuple[int, str]]:
        """Tras cada texto, lo que se escribe obligado a tener una forma, y el número del texto."""
        self.server.need("constrains")
        write = self._schemed if self.server.constrains == SCHEMED else self._formed
        return in_parallel(lambda prompt: write(prompt, form, length), prompts, self.parallel)

    def _formed(self, prompt: str, form: Form, length: int) -> str:
        more = PATTERNS[self.server.constrains](form.pattern, form.grammar)
        said = self.server.ask("/completions", prompt=prompt, max_tokens=length, temperature=0, **more)
        return whole(said["choices"][0]["text"])

    def _schemed(self, prompt: str, form: Form, length: int) -> str:
        asked = [{"role": "user", "content": prompt}]
        more = {"response_format": schema_format(form.schema), self.server.limit: length, "temperature": 0}
        said = self.server.ask("/chat/completions", messages=asked, **more)
        return whole(said["choices"][0]["message"]["content"] or "")


def by_echo(server: Server, prompt: str, completions: Sequence[str]) -> list[float]:
    """La log-probabilidad de cada continuación, según la de cada token del texto entero."""
    head, _ = echoed(server, prompt)
    return [sum(one or 0.0 for one in tail(head, *echoed(server, prompt + text))) for text in completions]


def tail(head: list[str], tokens: list[str], logprobs: list[float | None]) -> list[float | None]:
    """Lo que añade una continuación, cuyos tokens deben seguir tal cual a los del texto.

    >>> tail(["El", " sol"], ["El", " sol", " sale"], [None, -3.0, -2.0])
    [-2.0]
    """
    check_tail(head, tokens)
    return logprobs[len(head) :]


def by_tokens(server: Server, prompt: str, completions: Sequence[str]) -> list[float]:
    """La log-probabilidad de cada continuación, que llama.cpp escribe obligado."""

    def tokens(text: str) -> list[int]:
        said = {"content": text, "add_special": True, "parse_special": False}
        found: list[int] = server.connection.ask("//tokenize", said)["tokens"]
        return found

    head, sums = tokens(prompt), []
    for text in completions:
        ids = tokens(prompt + text)
        check_tail(head, ids)
        sums.append(sum(forced(server, head, ids[len(head) :])))
    return sums


def check_tail(head: Sequence[Any], whole: Sequence[Any]) -> None:
    """Comprueba que la continuación no se funde con lo anterior."""
    if [*whole[: len(head)]] != [*head] or len(whole) == len(head):
        raise ValueError("El servidor funde el final del texto con la continuación: quite el espacio final.")


def pieces(events: Iterable[Any]) -> Iterator[str]:
    """El texto de lo que un servidor va diciendo."""
    for event in events:
        if isinstance(event, dict) and "error" in event:
            raise ServerError(f"El servidor se detuvo: {event['error']}")
        for choice in event.get("choices") or ():
            if said := (choice.get("delta") or {}).get("content"):
                yield whole(said)


def whole(text: str) -> str:
    """El mismo texto, sin medios caracteres, que no se pueden guardar."""
    return text.encode(errors="replace").decode()


def before(text: str, stop: Sequence[str]) -> str:
    """Lo anterior al primer texto de parada.

    >>> before("uno\\ndos", ["\\n"])
    'uno'
    """
    return text[: min((text.find(one) for one in stop if one in text), default=None)]
