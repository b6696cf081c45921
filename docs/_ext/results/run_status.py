"""Extensión de Sphinx: la directiva `run-status` dice cuándo se ejecutó cada página y cuánto costó."""

from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from results.executed import PageRun, page_runs
from results.tables import page_link, table, text
from siguiente.course.report.numbers import number

HEAD = ["Página", "Huella", "Día", "Reloj (s)", "CPU (s)", "Memoria (MB)"]


class status_table(nodes.General, nodes.Element):  # noqa: N801
    """Lugar de la tabla, que se escribe cuando todas las páginas se han leído."""


class StatusDirective(SphinxDirective):
    """Deja el lugar de la tabla."""

    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        """Devuelve el lugar de la tabla."""
        return [status_table()]


def write_status(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Escribe la tabla con todas las páginas ejecutadas."""
    for place in list(doctree.findall(status_table)):
        pages = sorted(page_runs(app.env).items())
        rows = [
            [page_link(app, app.builder, docname, page), *map(text, status_cells(run))] for page, run in pages
        ]
        empty = nodes.paragraph("", "Esta construcción no ejecutó ninguna página.")
        place.replace_self(table(HEAD, rows) if rows else empty)


def status_cells(run: PageRun) -> list[str]:
    """Escribe el costo de una página.

    >>> status_cells(PageRun("0123456789", (), "2026-01-31", 2.04, 1.5, 250_000_000, "Uno"))
    ['01234567', '2026-01-31', '2,0', '1,5', '250']
    """
    return [
        run.digest[:8],
        run.day,
        number(run.seconds, 1),
        number(run.cpu, 1),
        number(run.memory / 1e6, 0),
    ]


def setup(app: Sphinx) -> dict[str, Any]:
    """Instala la directiva."""
    app.add_node(status_table)
    app.add_directive("run-status", StatusDirective)
    app.connect("doctree-resolved", write_status)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
