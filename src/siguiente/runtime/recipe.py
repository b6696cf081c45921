"""Una receta: algo que el curso calcula, y que se rehace si cambia el código que lo decide.

Lo que cuesta minutos está anotado: viene con el paquete, en `records`, con su procedencia, y se usa mientras
su clave sea la de su receta. Lo demás se calcula la primera vez y se guarda en la caché.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from siguiente.runtime.definitions import code_key
from siguiente.runtime.store import build_directory

RECORDS = Path(__file__).parents[1] / "records"
LOCK = Path(__file__).parents[3] / "requirements.lock"
FORMAT = 1  # súbase cuando cambie cómo se escribe lo que sale: el redondeo o el nombre de los archivos
#: Las bibliotecas cuya versión puede cambiar un resultado.
DECIDING = (
    "bm25s",
    "gguf",
    "jinja2",
    "numpy",
    "safetensors",
    "scikit-learn",
    "scipy",
    "tokenizers",
    "torch",
    "transformers",
)


def versions() -> dict[str, str]:
    """Las versiones que deciden los resultados: las que fija `requirements.lock` o, sin él, las instaladas.

    No dicen para qué procesador se compilaron: son las mismas en todo sistema.
    """
    lines = LOCK.read_text("utf8").splitlines() if LOCK.is_file() else []
    pins = {name: pin for name, _, pin in (line.partition("==") for line in lines)}
    return {name: pins.get(name) or version(name).partition("+")[0] for name in DECIDING}


def versions_key() -> str:
    """Resume esas versiones: entra en la clave de cada receta y en la huella de cada página."""
    return hashlib.sha256(json.dumps(versions()).encode()).hexdigest()


def recipe_key(name: str, path: str) -> str:
    """La clave de una receta, leyendo su código sin ejecutarlo; `path` es el nombre de su constante.

    Resume lo que hace el código que la declara y todo el que alcanza, sus datos y las versiones.
    """
    facts = [name, str(FORMAT), code_key(path), versions_key()]
    return hashlib.sha256(" ".join(facts).encode()).hexdigest()


def declaration(name: str, module: str) -> str:
    """El nombre completo de la constante que declara una receta.

    >>> declaration("story-gpt", "siguiente.course.stories.gpt")
    'siguiente.course.stories.gpt.STORY_GPT'
    """
    return f"{module}.{name.upper().replace('-', '_')}"


def provenance(name: str) -> dict[str, Any] | None:
    """Lo que quedó anotado de una receta, valga o no; `None` si no está anotada."""
    path = RECORDS / name / "record.json"
    if not path.is_file():
        return None
    try:
        facts: dict[str, Any] = json.loads(path.read_bytes())
        return facts | {"key": facts["key"], "files": facts["files"]}
    except (ValueError, LookupError, TypeError) as error:
        raise damaged(name, path.name) from error


def damaged(name: str, file: str) -> ValueError:
    """El error de una anotación que no está como se hizo."""
    return ValueError(
        f"Lo anotado de {name} está dañado: {file} no es el que se anotó. Instale de nuevo el curso o "
        f"rehágalo con `python -m siguiente.record {name}`."
    )


def record_folder(name: str, key: str) -> Path | None:
    """La carpeta de lo anotado, si es de esa clave; comprueba que sus archivos son los que se anotaron."""
    facts = provenance(name)
    if facts is None or facts["key"] != key:
        return None
    for file, expected in facts["files"].items():
        path = RECORDS / name / file
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != expected["sha256"]:
            raise damaged(name, file)
    return RECORDS / name


@contextmanager
def one_thread() -> Iterator[None]:
    """Calcula con un solo hilo: con más, las últimas cifras dependerían de la máquina."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class Recipe:
    """Cómo se calcula un artefacto: función de su código, con sus semillas, sus datos y sus versiones.

    El módulo que la declara la llama por su nombre en mayúsculas: `STORY_GPT`, si es `story-gpt`. `write`
    escribe los archivos en la carpeta vacía que recibe, y calcula con un solo hilo.

    >>> from siguiente.course.stories.corpus import STORIES
    >>> STORIES.name, len(STORIES.key)
    ('stories', 64)
    """

    def __init__(self, name: str, module: str, write: Callable[[Path], object]) -> None:
        self.name, self.path, self.write = name, declaration(name, module), write

    @property
    def key(self) -> str:
        """Resume todo lo que decide el contenido."""
        return recipe_key(self.name, self.path)

    def build(self) -> Path:
        """La carpeta: la anotada, si vale, o la de la caché; si falta o está dañada, la construye."""
        key = self.key
        return record_folder(self.name, key) or build_directory(self.name, key, self._write)

    def folder(self) -> Path:
        """Devuelve la carpeta para usarla: lo anuncia, y una página que no lo declaró no se construye."""
        sys.audit("siguiente.resource", f"artefact:{self.name}")
        return self.build()

    def _write(self, folder: Path) -> None:
        with one_thread():
            self.write(folder)
