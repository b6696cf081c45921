"""Extensión de Sphinx: cada página se compone con el cuaderno que `runner` ejecutó antes.

`plan.json` dice cuál. Sphinx no ejecuta nada: sin plan, las páginas salen sin resultados.
"""

import json
import zlib
from collections.abc import Set
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import myst_nb.sphinx_
import nbformat
from docutils import nodes
from myst_nb.core.execute.base import NotebookClientBase
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from results.per_page import PerPage, kept

LOGGER = logging.getLogger(__name__)
PRIVATE = "application/vnd.siguiente."
PARTS = [
    "results.executed",
    "results.downloads",
    "claims.claims_page",
    "claims.unmet",
    "results.origins",
    "results.run_status",
    "results.refresh",
    "results.warned",
]
NOT_WRITING = {"building", "linting"}  # sus cambios no cambian ninguna página


class ExecutedNotebook(NotebookClientBase):
    """Un cuaderno que ya se ejecutó: toma los resultados del que se guardó."""

    path_to_outputs: Path | None = None

    def start_client(self) -> None:
        """Copia los resultados."""
        if self.path_to_outputs is not None:
            copy_outputs(self.notebook, read_executed(self.path_to_outputs))
        for cell in codes(self.notebook):
            cell.outputs = shown_outputs(cell.outputs)


def read_executed(path: Path) -> nbformat.NotebookNode:
    """Lee un cuaderno ejecutado."""
    return nbformat.reads(path.read_text("utf8"), 4)


def copy_outputs(notebook: nbformat.NotebookNode, executed: nbformat.NotebookNode) -> None:
    """Copia los resultados celda a celda; la prosa puede haber cambiado desde que se ejecutó."""
    for cell, done in zip(codes(notebook), codes(executed), strict=False):
        if cell.source != done.source:
            break  # el cuaderno es de una versión anterior: desde aquí no corresponde
        cell.outputs, cell.execution_count = done.outputs, done.execution_count


def shown_outputs(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Los resultados que se componen: los anotados para las extensiones no se ven."""
    return [out for out in outputs if not any(mime.startswith(PRIVATE) for mime in out.get("data", {}))]


def codes(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Las celdas de código de un cuaderno."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def work_folder(app: Sphinx) -> Path:
    """Carpeta de la ejecución, junto al sitio y fuera de él."""
    return Path(app.outdir).parent / "execution"


def read_plan(app: Sphinx) -> dict[str, dict[str, Any]]:
    """Lo que `runner` dejó dicho: la huella y el cuaderno de cada página."""
    path = work_folder(app) / "plan.json"
    if app.config.execution_off or not path.is_file():
        return {}
    return dict(json.loads(path.read_text("utf8"))["pages"])


def outputs_of(app: Sphinx, docname: str) -> Path | None:
    """El cuaderno ejecutado de una página, si lo hay."""
    shown = app.env.execution_plan.get(docname, {}).get("notebook")  # type: ignore[attr-defined]
    return work_folder(app) / shown if shown else None


def prepare(app: Sphinx) -> None:
    """Lee el plan y hace que MyST-NB tome los resultados de él."""
    app.env.execution_plan = read_plan(app)  # type: ignore[attr-defined]

    def create_client(notebook: Any, source: str, config: Any, logger: Any, read_fmt: Any = None) -> Any:
        client = ExecutedNotebook(notebook, Path(source), config, logger)
        client.path_to_outputs = outputs_of(app, app.env.docname)
        return client

    myst_nb.sphinx_.create_client = create_client


def choose_page(app: Sphinx, config: Config) -> None:
    """El nombre de la página pedida, sin su extensión."""
    config.execution_only = config.execution_only.removesuffix(".md")


def skip_module_pages(app: Sphinx, env: BuildEnvironment) -> None:
    """Sin código nuevo no se rehacen las páginas del código, para las que habría que importar torch."""
    if app.config.execution_only or all(
        is_shown(app, name) for name in getattr(env, "_viewcode_modules", [])
    ):
        for listener in list(app.events.listeners["html-collect-pages"]):
            if listener.handler.__module__ == "sphinx.ext.viewcode":
                app.disconnect(listener.id)


def is_shown(app: Sphinx, module: str) -> bool:
    """Dice si la página del código de un módulo es posterior a él."""
    spec, page = find_spec(module), Path(app.outdir, "_modules", *module.split(".")).with_suffix(".html")
    code = Path(spec.origin) if spec and spec.origin else None
    return bool(code and page.is_file() and code.stat().st_mtime <= page.stat().st_mtime)


class PagesShown(PerPage):
    """El cuaderno con que se compuso cada página."""

    name = "pages_shown"

    def value(self, app: Sphinx, doctree: nodes.document) -> str | None:
        """El de la página recién leída."""
        found = outputs_of(app, app.env.docname)
        return None if found is None else stamp(found)

    def get_outdated_docs(self, app: Sphinx, env: BuildEnvironment, *_: Set[str]) -> list[str]:
        """Páginas que se compusieron con otro cuaderno, o sin él."""
        wanted = {name: stamp(path) for name in env.found_docs if (path := outputs_of(app, name))}
        before = kept(env, self.name)
        changed = {name for name in wanted | before if wanted.get(name) != before.get(name)}
        return sorted(changed & env.found_docs)


def stamp(notebook: Path) -> str:
    """Distingue un cuaderno guardado de otro, también si se ejecutó dos veces con la misma huella."""
    return f"{notebook.name} {notebook.stat().st_mtime_ns}"


def setup(app: Sphinx) -> dict[str, Any]:
    """Instala la extensión y sus partes."""
    app.setup_extension("myst_nb")
    app.add_config_value("execution_only", "", "", str)
    app.add_config_value("execution_off", False, "env", bool)
    app.connect("config-inited", choose_page)
    app.connect("builder-inited", prepare, priority=600)
    app.connect("env-updated", skip_module_pages)
    app.add_env_collector(PagesShown)
    for part in PARTS:
        app.setup_extension(part)
    return {"env_version": code_version(app), "parallel_read_safe": True, "parallel_write_safe": True}


def code_version(app: Sphinx) -> int:
    """Cambia con el código que escribe las páginas: entonces se leen todas otra vez, sin ejecutarlas."""
    extensions = Path(__file__).parents[1]
    found = [file for file in sorted(extensions.rglob("*.py")) if not NOT_WRITING & set(file.parts)]
    return zlib.crc32(b"".join(file.read_bytes() for file in found))
