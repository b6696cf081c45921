"""Una receta: un artefacto que el curso calcula, y que se rehace si cambia el código que lo escribe."""

import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from siguiente.closure import code_key
from siguiente.store import build_directory

__all__ = ["Recipe"]


@dataclass(frozen=True)
class Recipe:
    """Cómo se calcula un artefacto: función de su módulo y de lo que este usa, con sus semillas y sus datos.

    Parameters
    ----------
    name : str
        Nombre con que se pide, como `story-gpt`.
    module : str
        Módulo que lo declara: lo que él y sus dependencias hacen decide la clave.
    write : callable
        Escribe los archivos en la carpeta vacía que recibe.
    after : callable, optional
        Se llama cada vez que la carpeta ya está en su sitio, entera: para borrar lo que hizo falta antes.

    Examples
    --------
    >>> import os, tempfile
    >>> from unittest import mock
    >>> def write(folder):
    ...     _ = (folder / "a.txt").write_text("hola")
    >>> recipe = Recipe("saludo", "siguiente.store", write)
    >>> with tempfile.TemporaryDirectory() as cache, mock.patch.dict(os.environ, SIGUIENTE_CACHE=cache):
    ...     (recipe.folder() / "a.txt").read_text()
    'hola'
    """

    name: str
    module: str
    write: Callable[[Path], None]
    after: Callable[[], None] | None = None

    @property
    def key(self) -> str:
        """Resumen del nombre, del código con sus datos y de la versión de torch, que decide las cifras."""
        facts = f"{self.name} {code_key(self.module)} {version('torch')}"
        return hashlib.sha256(facts.encode()).hexdigest()

    def build(self, *, thorough: bool = False) -> Path:
        """Devuelve la carpeta; si falta o está dañada, la construye.

        Parameters
        ----------
        thorough : bool
            Si es cierto, lo que ya estaba se relee entero antes de darlo por bueno.
        """
        folder = build_directory(self.name, self.key, self.write, thorough=thorough)
        if self.after is not None:
            self.after()
        return folder

    def folder(self) -> Path:
        """Devuelve la carpeta para usarla: lo anuncia, y una página que no lo declaró no se construye."""
        sys.audit("siguiente.resource", f"artefact:{self.name}")
        return self.build()
