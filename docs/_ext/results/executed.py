"""Extensión de Sphinx: qué salió de cada página al ejecutarla.

Del cuaderno ejecutado se toman, una vez por página, sus afirmaciones, lo que costó y lo que escribió
en stderr, que es un error, también en las celdas ocultas.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from myst_nb.core.read import read_myst_markdown_notebook
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from claims.claim_text import CLAIM
from results.execution import copy_outputs, outputs_of, read_executed
from results.per_page import PerPage, kept

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class PageRun:
    """Una página ejecutada: sus afirmaciones y lo que costó."""

    digest: str
    claims: tuple[dict[str, Any], ...]
    day: str
    seconds: float
    cpu: float
    memory: int
    """En bytes."""
    processor: str
    failed: str | None = None
    """Qué la detuvo, si no acabó."""
    line: int | None = None
    """La línea de la celda en que se detuvo."""


def page_runs(env: BuildEnvironment) -> dict[str, PageRun]:
    """Páginas ejecutadas, por nombre."""
    return kept(env, PageRuns.name)


def outputs(notebook: nbformat.NotebookNode) -> Iterator[tuple[int, Any]]:
    """Recorre los resultados de un cuaderno, con el número de su celda entre todas."""
    return (
        (index, output) for index, cell in enumerate(notebook.cells) for output in cell.get("outputs", [])
    )


class PageRuns(PerPage):
    """Lo que salió de cada página ejecutada."""

    name = "page_runs"

    def value(self, app: Sphinx, doctree: nodes.document) -> PageRun | None:
        """Lo que salió de la página recién leída, que se anuncia a las demás extensiones."""
        path, docname = outputs_of(app, app.env.docname), app.env.docname
        if path is None:
            return None
        notebook, facts = current_notebook(app, docname, path)
        warn_stderr(notebook, docname)
        run = page_run(path.stem, notebook, facts)
        if run.failed is None:
            warn_lost_figures(notebook, docname)
        app.emit("page-executed", docname, notebook)
        return run


def current_notebook(app: Sphinx, docname: str, path: Path) -> tuple[nbformat.NotebookNode, dict[str, Any]]:
    """El cuaderno con la prosa de ahora y los resultados guardados, y lo que costó ejecutarlo."""
    text, executed = Path(app.env.doc2path(docname)).read_text("utf8"), read_executed(path)
    notebook = read_myst_markdown_notebook(text, add_source_map=True)
    copy_outputs(notebook, executed)
    return notebook, dict(executed.metadata["nbdeps"])


def warn_stderr(notebook: nbformat.NotebookNode, docname: str) -> None:
    """Avisa, y con eso falla la construcción, de todo lo que una celda escribió en stderr."""
    for index, output in outputs(notebook):
        if output.output_type == "stream" and output.name == "stderr":
            place = (docname, line_of(notebook, index))
            LOGGER.warning("La celda escribió en stderr:\n%s", output.text.strip(), location=place)


def warn_lost_figures(notebook: nbformat.NotebookNode, docname: str) -> None:
    """Avisa de una celda que declara una figura y no dibujó ninguna: la página saldría sin ella."""
    for index, cell in enumerate(notebook.cells):
        figure = cell.metadata.get("mystnb", {}).get("figure")
        drawn = any(
            mime.startswith("image/") for output in cell.get("outputs", []) for mime in output.get("data", {})
        )
        if figure and not drawn:
            place = (docname, line_of(notebook, index))
            LOGGER.warning("La celda declara una figura y no la dibuja.", location=place)


def line_of(notebook: nbformat.NotebookNode, index: int) -> int:
    """Línea de la página en que empieza una celda."""
    lines = notebook.metadata.get("source_map", [])
    return lines[index] if index < len(lines) else 1


def page_run(digest: str, notebook: nbformat.NotebookNode, facts: dict[str, Any]) -> PageRun:
    """Reúne las afirmaciones y el costo de una página."""
    claims = tuple(
        dict(output.data[CLAIM]) | {"cell": index, "line": line_of(notebook, index)}
        for index, output in outputs(notebook)
        if CLAIM in output.get("data", {})
    )
    stops = [index for index, output in outputs(notebook) if output.output_type == "error"]
    line = line_of(notebook, stops[-1]) if facts["failed"] and stops else None
    return PageRun(
        digest,
        claims,
        facts["day"],
        facts["seconds"],
        facts["cpu"],
        facts["memory"],
        facts["processor"],
        facts["failed"],
        line,
    )


def setup(app: Sphinx) -> dict[str, Any]:
    """Instala la extensión."""
    app.add_event("page-executed")
    app.add_env_collector(PageRuns)
    return {"version": "2", "env_version": 2, "parallel_read_safe": True, "parallel_write_safe": True}
