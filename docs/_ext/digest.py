"""Huella de una página: cambia si, y solo si, cambia algo de lo que dependen sus resultados."""

import hashlib
import json
import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from pages import KERNELSPEC

from siguiente.closure import Package, closure, files

# Lo que todo kernel recibe: un hilo, sin red, sin barras de progreso, sin azar en los conjuntos.
KERNEL_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
}


@dataclass(frozen=True)
class Notebook:
    """Lo que la huella necesita del texto de una página."""

    cells: tuple[str, ...]
    resources: tuple[str, ...]
    exact: bool


@dataclass(frozen=True)
class Surroundings:
    """De dónde se toman los archivos, las claves y las versiones."""

    package: Package
    docs: Path
    profile: Path
    distributions: tuple[str, ...]
    resource_key: Callable[[str], str]


@dataclass(frozen=True)
class Dependencies:
    """Todo aquello de lo que dependen los resultados de una página."""

    files: frozenset[Path]
    resources: Mapping[str, str]
    versions: Mapping[str, str]


def read_notebook(text: str) -> Notebook | None:
    """Lee las celdas y los recursos declarados; `None` si la página no ejecuta nada."""
    if not is_myst_markdown_notebook(text):
        return None
    notebook = read_myst_markdown_notebook(text)
    cells = tuple(cell.source for cell in notebook.cells if cell.cell_type == "code")
    resources = tuple(notebook.metadata.get("resources", ()))
    return Notebook(cells, resources, KERNELSPEC in front_matter(text)) if cells else None


def front_matter(text: str) -> list[str]:
    """Líneas de la cabecera de una página, sin los guiones."""
    lines = text.splitlines()
    return lines[1 : lines.index("---", 1)] if lines and "---" in lines[1:] else []


def dependencies(notebook: Notebook, around: Surroundings) -> Dependencies:
    """Reúne las dependencias de una página: módulos, datos, arranque del kernel, recursos y versiones."""
    declared = [around.docs / name.removeprefix("file:") for name in notebook.resources if is_file(name)]
    profile = (file for file in around.profile.rglob("*") if file.is_file() and file.suffix != ".pyc")
    modules = files(around.package, closure(around.package, map(python, notebook.cells)))
    resources = {name: around.resource_key(name) for name in notebook.resources if not is_file(name)}
    everything = frozenset(file.resolve() for file in (*modules, *declared, *profile))
    return Dependencies(everything, resources, versions(around.distributions))


def python(cell: str) -> str:
    """Traduce a Python las órdenes mágicas de una celda."""
    return TransformerManager().transform_cell(cell)


def is_file(resource: str) -> bool:
    """Dice si un recurso declarado es un archivo de la documentación."""
    return resource.startswith("file:")


def versions(distributions: Iterable[str]) -> dict[str, str]:
    """Versiones instaladas de los paquetes que pueden cambiar un resultado, y la de Python."""
    return {"python": platform.python_version()} | {name: installed(name) for name in distributions}


def installed(name: str) -> str:
    """Versión instalada de un paquete, o «ausente»."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "ausente"


def digest(found: Dependencies, around: Surroundings) -> str:
    """Resume unas dependencias en 32 cifras, sin ninguna ruta de esta máquina."""
    record = {
        "files": sorted((relative(file, around), content(file)) for file in found.files),
        "resources": dict(found.resources),
        "versions": dict(found.versions),
        "environment": KERNEL_ENVIRONMENT,
    }
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:32]


def relative(file: Path, around: Surroundings) -> str:
    """Nombre de un archivo respecto de la carpeta que lo contiene, igual en toda máquina."""
    roots = {"package": around.package.root, "profile": around.profile, "docs": around.docs}
    for name, root in roots.items():
        if file.is_relative_to(root.resolve()):
            return f"{name}/{file.relative_to(root.resolve()).as_posix()}"
    message = (
        f"El archivo «{file.name}» está fuera del paquete y de la documentación: muévalo a una de las dos."
    )
    raise ValueError(message)


def content(file: Path) -> str:
    """Huella del contenido de un archivo; «ausente» si alguien declaró uno que no existe."""
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "ausente"


def with_digest(text: str, value: str) -> str:
    """Escribe la huella en la línea `kernelspec`, sin mover ninguna línea."""
    return text.replace(KERNELSPEC, f'{KERNELSPEC[:-1]}, digest: "{value}"}}', 1)
