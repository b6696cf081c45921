"""Tablas y pliegues de docutils hechos desde el código."""

from collections.abc import Iterable, Sequence

from docutils import nodes
from sphinx.application import Sphinx
from sphinx_design.shared import create_component


def table(head: Sequence[str], rows: Iterable[nodes.row], classes: Sequence[str] = ()) -> nodes.table:
    """Construye una tabla con una fila de títulos."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))
    group += [nodes.thead("", row(head)), nodes.tbody("", *rows)]
    return nodes.table("", group, classes=list(classes))


def row(cells: Iterable[str | nodes.Node], classes: Sequence[str] = ()) -> nodes.row:
    """Construye una fila; cada celda contiene un párrafo."""
    entries = (nodes.entry("", paragraph(cell)) for cell in cells)
    return nodes.row("", *entries, classes=list(classes))


def paragraph(*parts: str | nodes.Node) -> nodes.paragraph:
    """Construye un párrafo con textos y otras piezas."""
    return nodes.paragraph("", "", *(nodes.Text(part) if isinstance(part, str) else part for part in parts))


def fold(title: str, *content: nodes.Node, classes: Sequence[str] = ()) -> nodes.container:
    """Un pliegue cerrado, como los que escribe `dropdown`: se abre sin JavaScript."""
    return create_component(
        "dropdown",
        children=[nodes.rubric("", title), *content],
        type="dropdown",
        opened=False,
        has_title=True,
        icon=None,
        chevron=None,
        container_classes=["sd-mb-3", *classes],
        title_classes=[],
        body_classes=[],
    )


def page_link(app: Sphinx, source: str, target: str, fragment: str = "") -> nodes.reference:
    """Enlace desde una página a otra, con el título de la otra."""
    uri = app.builder.get_relative_uri(source, target) + fragment
    return nodes.reference("", app.env.titles[target].astext(), internal=True, refuri=uri)
