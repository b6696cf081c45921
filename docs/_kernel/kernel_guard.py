"""Vigila un kernel: solo puede usar lo que declara el cierre de su página, y nada de la red.

El cierre se calcula leyendo el código; aquí se comprueba al ejecutarlo. Lo que una celda usa sin
estar en el cierre se escribe en stderr, y con eso falla la construcción.
"""

import json
import os
import random
import sys
import traceback
import warnings
from collections.abc import Callable
from importlib.util import source_from_cache
from numbers import Integral
from pathlib import Path
from typing import Any

CLAIM = "application/vnd.siguiente.claim+json"
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
        self.claims: list[Any] = []
        self.events: dict[str, Callable[..., None]] = {
            "open": self.opened,
            "siguiente.resource": self.used,
            "siguiente.claim": self.claims.append,
            "socket.connect": self.connected,
            "socket.sendto": self.connected,
            "socket.getaddrinfo": self.resolved,
        }

    def audit(self, event: str, args: tuple[Any, ...]) -> None:
        """Recibe todos los avisos de auditoría de Python; casi todos se dejan pasar."""
        if event in self.events:
            self.events[event](*args)

    def opened(self, path: object, *_: object) -> None:
        """Comprueba que un archivo del curso esté en el cierre."""
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
            raise PermissionError(f"Las páginas del curso se ejecutan sin red; se intentó usar «{host}».")

    def stray(self, message: str) -> None:
        """Anota una falta, una sola vez."""
        if message not in self.strays:
            self.strays.append(message)

    def after(self, result: Any) -> None:
        """Al acabar una celda, cuenta las faltas y las afirmaciones que hubo en ella."""
        while self.strays:
            sys.stderr.write(f"La página «{self.page}» {self.strays.pop(0)}\n")
        while self.claims:
            self.shell.display_pub.publish({CLAIM: self.claims.pop(0).as_dict()})
        if error := result.error_in_exec or result.error_before_exec:
            self.failure.write_text("".join(traceback.format_exception(error)), "utf8")


def source(path: str) -> str:
    """Archivo del que procede un `.pyc`, esté donde esté; cualquier otro, tal cual."""
    try:
        return source_from_cache(path)
    except ValueError:
        return path


def shift_seeds(shift: int) -> None:
    """Desplaza las semillas de torch y de numpy: la página se repite con otro azar, sin saberlo.

    Los datos del curso se sortean con `random.Random` y no cambian: son los mismos en todas las réplicas.
    """
    import numpy
    import torch

    far = shift * 7_919_113  # lejos de las semillas que usan las páginas, que son pequeñas

    class Generator(torch.Generator):
        """Un generador que suma a su semilla el desplazamiento."""

        def manual_seed(self, seed: int) -> torch.Generator:
            return super().manual_seed(seed + far)

    seed_everything, make_numpy = torch.manual_seed, numpy.random.default_rng
    torch.Generator = Generator  # type: ignore[misc]
    torch.manual_seed = lambda seed: seed_everything(seed + far)  # type: ignore[assignment]
    # Quien ya tiene un generador también lo pasa por aquí: ese no se desplaza otra vez.
    numpy.random.default_rng = lambda seed=None: make_numpy(
        seed + far if isinstance(seed, Integral) else seed
    )


def load_ipython_extension(shell: Any) -> None:
    """Instala la vigilancia cuando la construcción ha escrito el cierre de una página."""
    random.seed(0)
    if shift := int(os.environ.get("SIGUIENTE_SEED_SHIFT", "0")):
        shift_seeds(shift)
    # tqdm echa de menos en un kernel las barras de ipywidgets; aquí no se dibuja ninguna.
    warnings.filterwarnings("ignore", message="IProgress not found")
    if path := os.environ.get("SIGUIENTE_CLOSURE"):
        guard = Guard(json.loads(Path(path).read_text("utf8")), shell)
        shell.events.register("post_run_cell", guard.after)
        sys.addaudithook(guard.audit)
