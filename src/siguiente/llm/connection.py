"""Pedir a un servidor por HTTP: con la clave, con paciencia, y sin que la clave salga en ningún sitio."""

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

Item = TypeVar("Item")
Given = TypeVar("Given")
KEYS = ("SIGUIENTE_API_KEY", "OPENAI_API_KEY")  # dónde se busca la clave, en este orden
BUSY = {408, 429, 500, 502, 503, 504}  # el servidor no puede ahora, y quizá después sí
WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # segundos entre un intento y el siguiente
LONGEST = 60.0  # segundos que se espera como mucho, aunque el servidor pida más
PATIENCE = 600.0  # segundos sin que llegue nada: un modelo grande tarda en leer un prompt largo
HERE = {"localhost", "127.0.0.1", "::1"}
SHOWN = 300  # letras que se enseñan de lo que un servidor dice


class ServerError(ValueError):
    """Lo que un servidor no quiso o no pudo hacer, con su número de HTTP; sin él, si no respondió nadie."""

    def __init__(self, told: str, status: int | None = None) -> None:
        super().__init__(told)
        self.status = status


class Stay(HTTPRedirectHandler):
    """No sigue a quien manda a otra dirección: se llevaría la clave."""

    def redirect_request(self, *_: Any) -> None:
        """No hay a dónde ir."""


@dataclass(frozen=True)
class Connection:
    """Una dirección, como `http://127.0.0.1:8000/v1`, y la clave con que se pide en ella."""

    base: str
    key: str = field(default="", repr=False)
    waits: Sequence[float] = WAITS

    @classmethod
    def to(cls, address: str) -> "Connection":
        """Entiende una dirección; la clave se toma del entorno y no se escribe en ninguna parte.

        >>> Connection.to("http://localhost:8000/").base
        'http://localhost:8000/v1'
        """
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise ValueError(f"«{address}» no es una dirección como http://equipo:puerto/v1: corríjala.")
        if "@" in parts.netloc:
            raise ValueError(f"La clave no va en la dirección, que se anota: póngala en {KEYS[0]}.")
        key = next((os.environ[name] for name in KEYS if os.environ.get(name)), "")
        if not key.isascii() or not key.isprintable():
            raise ValueError(f"La clave de {KEYS[0]} tiene letras raras: cópiela otra vez.")
        if key and parts.scheme == "http" and parts.hostname not in HERE:
            raise ValueError(f"La clave viajaría sin cifrar a {parts.hostname}: use https o quite {KEYS[0]}.")
        return cls(f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/') or '/v1'}", key)

    def ask(self, path: str, content: Mapping[str, Any] | None = None, eager: bool = False) -> Any:
        """Lo que el servidor responde, en JSON: a un GET o, con contenido, a un POST.

        Si está ocupado o se corta se repite, cada vez tras esperar el doble; con `eager`, si no hay nadie no
        se espera.
        """

        def answer() -> bytes:
            with self._open(path, content) as response:
                return response.read()

        try:
            return json.loads(self._patiently(answer, eager))
        except (ValueError, RecursionError) as error:
            if isinstance(error, ServerError):
                raise
            raise ServerError(f"{self.base} no respondió en JSON: revise la dirección.", 200) from error

    def stream(self, path: str, content: Mapping[str, Any]) -> Iterator[Any]:
        """Lo que el servidor va diciendo, cada cosa en su JSON; empieza a pedirlo en cuanto se llama."""
        return self._events(self._patiently(lambda: self._open(path, {**content, "stream": True})))

    def _events(self, response: HTTPResponse) -> Iterator[Any]:
        with response:
            try:
                for line in response:
                    said = line.removeprefix(b"data:").strip()
                    if line.startswith(b"data:") and said != b"[DONE]":
                        yield json.loads(said)
            except (OSError, HTTPException, ValueError) as error:
                raise ServerError(f"{self.base} cortó la respuesta: repita la pregunta.") from error

    def _open(self, path: str, content: Mapping[str, Any] | None) -> HTTPResponse:
        """Una respuesta que empieza a llegar; las rutas que empiezan por «//» cuentan desde el equipo."""
        url = f"{'/'.join(self.base.split('/')[:3])}{path[1:]}" if path[:2] == "//" else f"{self.base}{path}"
        headers = {"Content-Type": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        data = None if content is None else json.dumps(content).encode()
        near = urlsplit(self.base).hostname in HERE
        opener = build_opener(Stay, *([ProxyHandler({})] if near else []))
        response: HTTPResponse = opener.open(Request(url, data, headers), timeout=PATIENCE)
        return response

    def _patiently(self, attempt: Callable[[], Given], eager: bool = False) -> Given:
        """Lo que da un intento; si no puede ahora, otro, cada vez tras esperar el doble."""
        waits = iter(self.waits)
        while True:
            try:
                return attempt()
            except HTTPError as error:
                failed, again = ServerError(self._told(error), error.code), error.code in BUSY
                asked = error.headers.get("Retry-After", "")
            except (OSError, HTTPException) as error:
                reason = getattr(error, "reason", error)
                failed = ServerError(f"En {self.base} no responde nadie ({reason}): ¿está en marcha?")
                asked, again = "", not eager
            wait = next(waits, None)
            if wait is None or not again:
                raise failed
            time.sleep(min(LONGEST, float(asked)) if asked.isdecimal() else wait)

    def _told(self, error: HTTPError) -> str:
        """Lo que el servidor dice de un fallo, sin la clave y en pocas palabras."""
        with error:
            try:
                said = error.read().decode(errors="replace")
            except (OSError, HTTPException):
                said = ""
        try:
            found = json.loads(said)
            found = found.get("error", found)
            said = str(found.get("message", found) if isinstance(found, dict) else found)
        except (ValueError, AttributeError, RecursionError):
            pass
        if self.key:
            said = said.replace(self.key, "…")
        if error.code in (401, 403):
            return f"{self.base} no admite la clave: ponga la suya en {KEYS[0]} ({error.code})."
        return f"{self.base} respondió {error.code}: {' '.join(said.split())[:SHOWN]}"


def in_parallel(
    work: Callable[[Item], Given], items: Iterable[Item], workers: int
) -> Iterator[tuple[int, Given]]:
    """Hace un trabajo con cada cosa, `workers` a la vez como mucho; da cada resultado en cuanto está, con el
    número de su cosa. Si algo falla o se deja, lo que no empezó ya no se hace.

    >>> sorted(in_parallel(abs, [-3, 2], 2))
    [(0, 3), (1, 2)]
    """
    with ThreadPoolExecutor(workers) as pool:
        futures = {pool.submit(work, item): i for i, item in enumerate(items)}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
