"""Extensión de Sphinx: la directiva `run-status` dice cuándo se ejecutó cada página y cuánto costó."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from results.execution import PageRun, page_runs
from results.listings import add_listing
from results.tables import page_link, paragraph, row, table
from siguiente.course.report.numbers import number

HEAD = ["Página", "Huella", "Día", "Reloj (s)", "CPU (s)", "Memoria (MB)"]


def write_status(app: Sphinx, docname: str) -> list[nodes.Node]:
    """Escribe la tabla con todas las páginas ejecutadas."""
    pages = sorted(page_runs(app.env).items())
    rows = [row([page_link(app, docname, page), *status_cells(run)]) for page, run in pages]
    return [table(HEAD, rows) if rows else paragraph("Esta construcción no ejecutó ninguna página.")]


def status_cells(run: PageRun) -> list[str]:
    """Escribe el costo de una página.

    >>> status_cells(PageRun("0123456789", (), "2026-01-31", 2.04, 1.5, 250_000_000, "Uno"))
    ['01234567', '2026-01-31', '2,0', '1,5', '250']
    """
    costs = number(run.seconds, 1), number(run.cpu, 1), number(run.memory / 1e6, 0)
    return [run.notebook[:8], run.day, *costs]


def setup(app: Sphinx) -> dict[str, Any]:
    """Instala la directiva."""
    add_listing(app, "run-status", write_status)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
