"""Tablas de docutils hechas desde el código."""

from collections.abc import Sequence

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders import Builder


def table(head: Sequence[str], rows: Sequence[Sequence[nodes.Node]]) -> nodes.table:
    """Construye una tabla con una fila de títulos."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))
    titles = row([text(title) for title in head])
    group += [nodes.thead("", titles), nodes.tbody("", *(row(cells) for cells in rows))]
    return nodes.table("", group)


def row(cells: Sequence[nodes.Node]) -> nodes.row:
    """Construye una fila; cada celda contiene un párrafo."""
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))


def text(value: str) -> nodes.Text:
    """Texto de una celda."""
    return nodes.Text(value)


def page_link(app: Sphinx, builder: Builder, source: str, target: str) -> nodes.reference:
    """Enlace desde una página a otra, con el título de la otra."""
    uri = builder.get_relative_uri(source, target)
    return nodes.reference("", app.env.titles[target].astext(), internal=True, refuri=uri)
