"""Extensión de Sphinx: qué salió de cada página al ejecutarla.

De la caché de ejecución se toman, una vez por página, sus afirmaciones, sus tiempos, lo que escribió
en stderr (que es un error, también en las celdas ocultas) y el cuaderno con resultados.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from execution import work_folder
from jupyter_cache import get_cache
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
CLAIM = "application/vnd.siguiente.claim+json"


@dataclass(frozen=True)
class PageRun:
    """Una página ejecutada: sus afirmaciones y lo que costó."""

    digest: str
    claims: tuple[dict[str, Any], ...]
    day: str
    seconds: float | None
    cpu: float | None
    memory: int | None


def page_runs(env: BuildEnvironment) -> dict[str, PageRun]:
    """Páginas ejecutadas, por nombre."""
    if not hasattr(env, "page_runs"):
        env.page_runs = {}  # type: ignore[attr-defined]
    return env.page_runs  # type: ignore[attr-defined]


def executed_notebook(env: BuildEnvironment, docname: str) -> nbformat.NotebookNode | None:
    """Devuelve el cuaderno de una página con sus resultados, o `None` si no se ejecutó."""
    config = env.mystnb_config  # type: ignore[attr-defined]
    path = Path(config.output_folder) / f"{docname}.ipynb"
    if config.execution_mode == "off" or not path.is_file():
        return None
    cache = get_cache(config.execution_cache_path)
    return cache.merge_match_into_notebook(nbformat.read(path, 4))[1]


def outputs(notebook: nbformat.NotebookNode) -> Iterator[tuple[int, Any]]:
    """Recorre los resultados de un cuaderno, con el número de su celda de código."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return ((index, output) for index, cell in enumerate(cells, 1) for output in cell.outputs)


def record(app: Sphinx, doctree: nodes.document) -> None:
    """Guarda lo que salió de la página recién leída."""
    env, docname = app.env, app.env.docname
    digest = env.page_digests.get(docname) if hasattr(env, "page_digests") else None
    if digest is None:
        return
    try:
        notebook = executed_notebook(env, docname)
    except KeyError:
        LOGGER.warning("La página tiene celdas que no se ejecutaron con la caché.", location=docname)
        return
    if notebook is not None:
        warn_stderr(notebook, docname)
        warn_lost_figures(notebook, docname)
        page_runs(env)[docname] = page_run(app, docname, digest, notebook)
        app.emit("page-executed", docname, notebook)


def warn_stderr(notebook: nbformat.NotebookNode, docname: str) -> None:
    """Avisa, y con eso falla la construcción, de todo lo que una celda escribió en stderr."""
    for index, output in outputs(notebook):
        if output.output_type == "stream" and output.name == "stderr":
            LOGGER.warning(
                "La celda %d escribió en stderr:\n%s", index, output.text.strip(), location=docname
            )


def warn_lost_figures(notebook: nbformat.NotebookNode, docname: str) -> None:
    """Avisa de una celda que declara una figura y no dibujó ninguna: la página saldría sin ella."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for index, cell in enumerate(cells, 1):
        figure = cell.metadata.get("mystnb", {}).get("figure")
        drawn = any(mime.startswith("image/") for output in cell.outputs for mime in output.get("data", {}))
        if figure and not drawn:
            LOGGER.warning("La celda %d declara una figura y no la dibuja.", index, location=docname)


def page_run(app: Sphinx, docname: str, digest: str, notebook: nbformat.NotebookNode) -> PageRun:
    """Reúne las afirmaciones, el día y el costo de una página."""
    data = [output.data for _, output in outputs(notebook) if "data" in output]
    claims = tuple(dict(mime[CLAIM]) for mime in data if CLAIM in mime)
    run = app.env.nb_metadata[docname]["exec_data"]  # type: ignore[attr-defined]
    report = work_folder(app) / "runs" / f"{docname.replace('/', '-')}.json"
    cost = json.loads(report.read_text("utf8")) if report.is_file() else {}
    day = datetime.fromtimestamp(run["mtime"]).date().isoformat()
    return PageRun(digest, claims, day, run["runtime"], cost.get("cpu"), cost.get("memory"))


def purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Olvida una página que se va a leer de nuevo o que ya no existe."""
    page_runs(env).pop(docname, None)


def merge(app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment) -> None:
    """Recoge lo que leyó otro proceso."""
    page_runs(env).update({name: run for name, run in page_runs(other).items() if name in docnames})


def setup(app: Sphinx) -> dict[str, Any]:
    """Instala la extensión."""
    app.add_event("page-executed")
    app.connect("doctree-read", record)
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
