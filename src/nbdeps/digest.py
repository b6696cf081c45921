"""Huella de una página: cambia si, y solo si, cambia algo de lo que dependen sus resultados."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook

from nbdeps.closure import Package, behaviour, closure, files


@dataclass(frozen=True)
class Notebook:
    """Una página que ejecuta celdas: el cuaderno sin resultados y los recursos que declara."""

    node: nbformat.NotebookNode
    resources: tuple[str, ...]

    @property
    def cells(self) -> list[str]:
        """El código de sus celdas, en orden."""
        return [cell.source for cell in self.node.cells if cell.cell_type == "code"]

    @property
    def failing(self) -> list[int]:
        """Las celdas que anuncian un error: las que no lo anuncian detienen la página."""
        codes = [cell for cell in self.node.cells if cell.cell_type == "code"]
        return [n for n, cell in enumerate(codes) if "raises-exception" in cell.metadata.get("tags", [])]


@dataclass(frozen=True)
class Surroundings:
    """De dónde se toman los archivos, las claves y las versiones, y qué se da a los kernels."""

    package: Package
    docs: Path
    profile: Path
    """La carpeta con el arranque de los kernels."""
    resource_key: Callable[[str], str]
    """La clave de un recurso que una página declara por su nombre."""
    versions: str
    environment: Mapping[str, str] = field(default_factory=dict)
    """Las variables de entorno que recibe todo kernel."""
    resource_event: str = "nbdeps.resource"
    """El suceso de auditoría con que el código dice qué recurso usa."""
    shown: Mapping[str, str] = field(default_factory=dict)
    """Los sucesos que se guardan como resultado de su celda, cada uno con su tipo MIME."""


@dataclass(frozen=True)
class Dependencies:
    """Todo aquello de lo que dependen los resultados de una página, además de sus celdas."""

    files: frozenset[Path]
    resources: Mapping[str, str]


def read_notebook(text: str) -> Notebook | None:
    """Lee las celdas y los recursos declarados; `None` si la página no ejecuta nada."""
    if not is_myst_markdown_notebook(text):
        return None
    node = read_myst_markdown_notebook(text, add_source_map=True)
    found = Notebook(node, tuple(node.metadata.get("resources", ())))
    return found if found.cells else None


def read_notebooks(docs: Path) -> dict[str, Notebook]:
    """Los cuadernos de las carpetas de una documentación, por el nombre de su página."""
    paths = {
        path.relative_to(docs).with_suffix("").as_posix(): path for path in sorted(docs.glob("[a-z]*/*.md"))
    }
    read = {name: read_notebook(path.read_text("utf8")) for name, path in paths.items()}
    return {name: notebook for name, notebook in read.items() if notebook}


def dependencies(notebook: Notebook, around: Surroundings) -> Dependencies:
    """Reúne las dependencias de una página: módulos, datos, arranque del kernel y recursos."""
    declared = [around.docs / name.removeprefix("file:") for name in notebook.resources if is_file(name)]
    profile = (file for file in around.profile.rglob("*") if file.is_file() and file.suffix != ".pyc")
    modules = files(around.package, closure(around.package, map(python, notebook.cells)))
    resources = {name: around.resource_key(name) for name in notebook.resources if not is_file(name)}
    return Dependencies(
        frozenset(file.resolve() for file in (*modules, *declared, *profile)),
        resources,
    )


def python(cell: str) -> str:
    """Traduce a Python las órdenes mágicas de una celda."""
    return TransformerManager().transform_cell(cell)


def is_file(resource: str) -> bool:
    """Dice si un recurso declarado es un archivo de la documentación."""
    return resource.startswith("file:")


def digest(notebook: Notebook, found: Dependencies, around: Surroundings) -> str:
    """Resume una página y sus dependencias en 32 cifras, sin ninguna ruta de esta máquina."""
    record = {
        "cells": notebook.cells,
        "failing": notebook.failing,
        "files": sorted((relative(file, around), content(file)) for file in found.files),
        "resources": dict(found.resources),
        "versions": around.versions,
        "environment": dict(around.environment),
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
    """Huella de un archivo: lo que hace, si es código; «ausente» si alguien declaró uno que no existe."""
    if not file.is_file():
        return "ausente"
    facts = file.stat()
    return summary(file, facts.st_mtime_ns, facts.st_size)


@cache
def summary(file: Path, modified: int, size: int) -> str:
    """La huella de un archivo tal como estaba en un momento: muchas páginas usan los mismos."""
    return hashlib.sha256(behaviour(file) if file.suffix == ".py" else file.read_bytes()).hexdigest()
