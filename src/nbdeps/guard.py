"""Vigila un kernel: solo puede usar lo que declara el cierre de su página, y nada de la red.

El cierre se calcula leyendo el código; aquí se comprueba al ejecutarlo. Lo que una celda usa sin
estar en el cierre se escribe en stderr, y con eso quien compone puede fallar.
"""

import json
import os
import re
import sys
import traceback
from collections.abc import Callable
from functools import partial
from importlib.util import source_from_cache
from pathlib import Path
from typing import Any

LOCAL = {"localhost", "127.0.0.1", "::1", "", None}


class Guard:
    """Anota lo que el kernel usa fuera del cierre y lo cuenta al final de cada celda."""

    def __init__(self, allowed: dict[str, Any], shell: Any) -> None:
        self.page: str = allowed["page"]
        self.files = frozenset(allowed["files"])
        self.resources = frozenset(allowed["resources"])
        self.watched = tuple(root + os.sep for root in allowed["watched"])
        self.ignored = tuple(root + os.sep for root in allowed["ignored"])
        self.failure = Path(allowed["failure"])
        self.shell = shell
        self.strays: list[str] = []
        self.shown: list[dict[str, Any]] = []
        self.events: dict[str, Callable[..., None]] = {
            "open": self.opened,
            allowed["resource_event"]: self.used,
            "socket.connect": self.connected,
            "socket.sendto": self.connected,
            "socket.getaddrinfo": self.resolved,
            **{event: partial(self.told, mime) for event, mime in allowed["shown"].items()},
        }

    def audit(self, event: str, args: tuple[Any, ...]) -> None:
        """Recibe todos los avisos de auditoría de Python; casi todos se dejan pasar."""
        if event in self.events:
            self.events[event](*args)

    def told(self, mime: str, told: Any) -> None:
        """Guarda lo que el código cuenta con un suceso: algo que sabe decirse como diccionario."""
        self.shown.append({mime: told.as_dict()})

    def opened(self, path: object, *_: object) -> None:
        """Comprueba que un archivo vigilado esté en el cierre."""
        if not isinstance(path, str | bytes | os.PathLike):
            return
        file = source(os.path.realpath(os.fsdecode(path)))
        if file.startswith(self.watched) and not file.startswith(self.ignored) and file not in self.files:
            self.stray(
                f"usa el archivo «{self.name(file)}», que no está entre sus dependencias. Si es un módulo, "
                "impórtelo por su nombre en una celda o en un módulo que la página importe; si son datos, "
                "póngales el nombre del módulo que los lee o declare «file:...» en `resources`."
            )

    def name(self, file: str) -> str:
        """Nombre de un archivo desde la carpeta vigilada que lo contiene."""
        root = next(root for root in self.watched if file.startswith(root))
        return Path(file).relative_to(Path(root).parent).as_posix()

    def used(self, name: str) -> None:
        """Comprueba que un modelo o artefacto esté declarado en la cabecera de la página."""
        if name not in self.resources:
            self.stray(f"usa «{name}» sin declararlo: añada a su cabecera la línea `resources: [{name}]`.")

    def connected(self, _: object, address: object) -> None:
        """Impide las conexiones que salen de esta máquina."""
        if isinstance(address, tuple):
            self.resolved(address[0])

    def resolved(self, host: object, *_: object) -> None:
        """Impide buscar la dirección de otra máquina."""
        if host not in LOCAL:
            self.stray(f"intenta conectarse con «{host}»: las páginas se ejecutan sin red.")
            raise PermissionError(f"Las páginas se ejecutan sin red; se intentó usar «{host}».")

    def stray(self, message: str) -> None:
        """Anota una falta, una sola vez."""
        if message not in self.strays:
            self.strays.append(message)

    def after(self, result: Any) -> None:
        """Al acabar una celda, cuenta las faltas y los sucesos que hubo en ella."""
        while self.strays:
            sys.stderr.write(f"La página «{self.page}» {self.strays.pop(0)}\n")
        while self.shown:
            self.shell.display_pub.publish(self.shown.pop(0))
        if error := result.error_in_exec or result.error_before_exec:
            self.failure.write_text("".join(traceback.format_exception(error)), "utf8")


def source(path: str) -> str:
    """Archivo del que procede un `.pyc`, esté donde esté; cualquier otro, tal cual.

    Mientras lo escribe, Python le pone un número detrás.
    """
    try:
        return source_from_cache(re.sub(r"\.pyc\.\d+\Z", ".pyc", path))
    except ValueError:
        return path


def load_ipython_extension(shell: Any) -> None:
    """Instala la vigilancia cuando quien ejecuta la página ha escrito su cierre."""
    if path := os.environ.get("NBDEPS_CLOSURE"):
        guard = Guard(json.loads(Path(path).read_text("utf8")), shell)
        shell.events.register("post_run_cell", guard.after)
        sys.addaudithook(guard.audit)
