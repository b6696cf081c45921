"""Un servidor que habla como el de OpenAI (vLLM, llama.cpp, Ollama…): se le pregunta qué sabe hacer."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from siguiente.llm.connection import Connection, ServerError

LLAMA_CPP, VLLM, OTHER = "llama.cpp", "vLLM", "otro"
REFUSED = (401, 403, 429)
QUICK = (1.0, 2.0, 4.0)  # algunos fallan como si estuvieran ocupados cuando no saben
CHOICE = "#"  # dirección#modelo
# Una forma que nadie escribe por casualidad: quien la escribe obedece.
ODD = "zq7[01]"
SCHEMA = {
    "type": "object",
    "properties": {"zq7": {"type": "string", "enum": ["zq8"]}},
    "required": ["zq7"],
    "additionalProperties": False,
}
#: Cómo se pide en `/completions` un texto que cumpla un patrón, de lo más nuevo a lo más viejo.
PATTERNS: dict[str, Callable[[str, str], Mapping[str, Any]]] = {
    "grammar": lambda pattern, grammar: {"grammar": grammar},
    "structured_outputs": lambda pattern, grammar: {"structured_outputs": {"regex": pattern}},
    "guided_regex": lambda pattern, grammar: {"guided_regex": pattern},
}
SCHEMED = "response_format"  # y cómo, en `/chat/completions`, un JSON que cumpla un esquema
MISSING = {
    "writes": "no continúa textos (`/completions`), solo conversa: use `siguiente chat`",
    "chats": "no conversa: su modelo no trae plantilla de chat. Use `siguiente complete` u otro modelo",
    "scores": """no da la log-probabilidad de un texto dado (`echo` con `logprobs` en `/completions`), y sin
ella no se puntúa: sirva el modelo con vLLM o llama.cpp, o ábralo aquí""",
    "constrains": """no obliga a cumplir una forma (`grammar`, `structured_outputs` ni `response_format`), y
sin eso no hay JSON seguro: sirva el modelo con vLLM o llama.cpp, o ábralo aquí""",
}


@dataclass(frozen=True)
class Server:
    """Un servidor, el modelo que se le pide y lo que sabe hacer; lo construye `connect`.

    `scores` dice cómo da probabilidades: «echo», las del texto que se le da, o «tokens», las de los que se le
    obliga a escribir. `constrains` es uno de `PATTERNS` o `SCHEMED`. Vacíos, no sabe.
    """

    connection: Connection
    model: str
    kind: str
    writes: bool = False
    chats: bool = False
    scores: str = ""
    constrains: str = ""
    limit: str = "max_tokens"

    @property
    def name(self) -> str:
        """Quién responde: la dirección con el modelo."""
        return f"{self.connection.base}{CHOICE}{self.model}"

    def told(self) -> str:
        """Qué sabe hacer, en una frase."""
        can = {
            "continuar textos": self.writes,
            "puntuarlos": self.scores,
            "conversar": self.chats,
            "cumplir un esquema": self.constrains,
        }
        yes, no = ([name for name, can_do in can.items() if bool(can_do) is known] for known in (True, False))
        said = f"{self.connection.base} ({self.kind}) sirve «{self.model}» y sabe {', '.join(yes) or 'nada'}"
        return f"{said}; no sabe {', '.join(no)}." if no else f"{said}."

    def need(self, ability: str) -> None:
        """Rechaza lo que el servidor no sabe, con el motivo; `ability` es una de `MISSING`."""
        if not getattr(self, ability):
            raise ServerError(f"El servidor de {self.connection.base} {' '.join(MISSING[ability].split())}.")

    def ask(self, path: str, **content: Any) -> Any:
        """Lo que responde a una petición para este modelo."""
        return self.connection.ask(path, {"model": self.model, **content})


def is_address(name: str) -> bool:
    """Dice si un nombre es la dirección de un servidor.

    >>> is_address("http://localhost:8000/v1"), is_address("owner/name")
    (True, False)
    """
    return name.startswith(("http://", "https://"))


def connect(address: str) -> Server:
    """Encuentra el servidor de una dirección, elige su modelo y le pregunta qué sabe hacer.

    Si sirve varios modelos, se elige con «dirección#modelo».
    """
    where, _, wanted = address.partition(CHOICE)
    connection = Connection.to(where)
    models, owner = served_models(connection)
    if wanted and wanted not in models:
        raise ServerError(f"{connection.base} no sirve «{wanted}». Sirve estos: {', '.join(models[:20])}.")
    if not wanted and len(models) != 1:
        raise ServerError(
            f"{connection.base} sirve {len(models)} modelos ({', '.join(models[:20])}): elija uno con "
            f"{connection.base}{CHOICE}MODELO."
        )
    kind = {"llamacpp": LLAMA_CPP, "vllm": VLLM}.get(owner, OTHER)
    return able(Server(connection, wanted or models[0], kind))


def served_models(connection: Connection) -> tuple[list[str], str]:
    """Los modelos que hay, y quién los sirve."""
    found = connection.ask("/models", eager=True)
    try:
        models = [str(one["id"]) for one in found["data"]]
        return models, str(found["data"][0].get("owned_by", "")) if models else ""
    except (KeyError, TypeError, AttributeError) as error:
        raise ServerError(f"{connection.base}/models no enumera modelos: revise la dirección.") from error


def able(server: Server) -> Server:
    """El mismo servidor, con lo que se ve que sabe hacer: una petición breve por cada cosa."""

    def first(ways: Mapping[str, Callable[[], bool]]) -> str:
        return next((name for name, probe in ways.items() if tried(probe)), "")

    asked = replace(server, connection=replace(server.connection, waits=QUICK))
    chats = first({name: partial(replies, asked, name) for name in ("max_tokens", "max_completion_tokens")})
    found = replace(server, chats=bool(chats), limit=chats or server.limit)
    if tried(lambda: isinstance(written(asked, "El sol", max_tokens=1), str)):
        ways = {name: partial(obeys, asked, way) for name, way in PATTERNS.items()}
        scores = first({"echo": partial(echoes, asked), "tokens": partial(forces_tokens, asked)})
        found = replace(found, writes=True, scores=scores, constrains=first(ways))
    if chats and not found.constrains and tried(partial(obeys_schema, replace(asked, limit=chats))):
        found = replace(found, constrains=SCHEMED)
    return found


def tried(probe: Callable[[], bool]) -> bool:
    """Si una prueba sale bien; la clave que falta o el servidor que se cae no son una respuesta."""
    try:
        return probe()
    except ServerError as error:
        if error.status in (None, *REFUSED):
            raise
        return False
    except (KeyError, IndexError, TypeError, AttributeError, ValueError):
        return False


def written(server: Server, prompt: str, **more: Any) -> Any:
    """Lo que el servidor escribe tras un texto."""
    return server.ask("/completions", prompt=prompt, **more)["choices"][0]["text"]


def replies(server: Server, limit: str) -> bool:
    """Si responde a un mensaje con la plantilla del modelo."""
    if server.kind == LLAMA_CPP and not own_template(server):
        return False
    said = server.ask("/chat/completions", messages=[{"role": "user", "content": "Hola"}], **{limit: 8})
    return "content" in said["choices"][0]["message"]


def own_template(server: Server) -> bool:
    """Si la plantilla es del modelo: a uno base, llama.cpp le pone otra, cuyas marcas no conoce."""
    mark = "<|im_start|>"
    if mark not in str(server.connection.ask("//props").get("chat_template", "")):
        return True
    found = server.connection.ask("//tokenize", {"content": mark, "parse_special": True})
    return len(found["tokens"]) == 1


def echoes(server: Server) -> bool:
    """Si da la log-probabilidad de lo que se le da a leer."""
    return len(echoed(server, "El cielo es azul")[0]) > 1


def echoed(server: Server, text: str) -> tuple[list[str], list[float | None]]:
    """Los tokens de un texto que se le da y la log-probabilidad de cada uno; la del primero no la hay."""
    said = server.ask("/completions", prompt=text, max_tokens=1, echo=True, logprobs=1, temperature=0)
    found, read = said["choices"][0]["logprobs"], said["usage"]["prompt_tokens"]
    tokens, logprobs = found["tokens"][:read], found["token_logprobs"][:read]
    if len(tokens) != read or len(logprobs) != read or any(one is None for one in logprobs[1:]):
        raise ServerError(f"{server.connection.base} no da la log-probabilidad de cada token.", 200)
    return tokens, logprobs


def forces_tokens(server: Server) -> bool:
    """Si se le puede obligar a escribir unos tokens y dice qué probabilidad tenían: llama.cpp sabe."""
    if server.kind != LLAMA_CPP:
        return False
    ids = server.connection.ask("//tokenize", {"content": " azul"})["tokens"]
    return len(forced(server, [*ids], ids)) == len(ids)


def forced(server: Server, prompt: list[int], ids: list[int]) -> list[float]:
    """La log-probabilidad de cada token que se le obliga a escribir, sin contar que se le obliga."""
    grammar = f"root ::= {' '.join(f'<[{token}]>' for token in ids)}"
    said = server.connection.ask(
        "//completion",
        {"prompt": prompt, "grammar": grammar, "n_predict": len(ids), "n_probs": 1, "temperature": 0},
    )
    found = said["completion_probabilities"]
    if [one["id"] for one in found] != ids:
        raise ServerError(f"{server.connection.base} escribió otros tokens que los pedidos.", 200)
    return [one["logprob"] for one in found]


def obeys(server: Server, way: Callable[[str, str], Mapping[str, Any]]) -> bool:
    """Si escribe lo que un patrón manda, y no lo que escribiría."""
    more = way(ODD, 'root ::= "zq7" [01]')
    return written(server, "El sol", max_tokens=16, temperature=0, **more).strip() in ("zq70", "zq71")


def obeys_schema(server: Server) -> bool:
    """Si al conversar escribe un JSON que cumple un esquema."""
    asked = [{"role": "user", "content": "Responda con JSON."}]
    more = {"response_format": schema_format(SCHEMA), server.limit: 64}
    said = server.ask("/chat/completions", messages=asked, **more)
    with suppress(ValueError):
        return bool(json.loads(said["choices"][0]["message"]["content"]) == {"zq7": "zq8"})
    return False


def schema_format(schema: Any) -> dict[str, Any]:
    """Un esquema, como lo espera `response_format`."""
    return {"type": "json_schema", "json_schema": {"name": "data", "schema": schema, "strict": True}}
