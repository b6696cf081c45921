"""Extensión de Sphinx: lo que se detuvo o no se cumplió en este equipo se dice en la página, en su lugar.

Las celdas que comprueban las frases no se ven, así que la nota va detrás de lo último que se ve antes.
"""

from itertools import groupby
from operator import itemgetter
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from claims.claim_text import shortfall
from results.execution import RUN
from results.tables import paragraph

BEFORE_ORIGINS = 700  # el pliegue con que acaba la página
# myst-nb fecha una celda visible dos líneas por debajo de donde empieza.
CELL_SHIFT = 2
EXPLAINED = "sec-claims"
# Van al final del documento con la línea en que se escribieron.
MOVED = (nodes.footnote, nodes.citation)


class unmet_note(nodes.General, nodes.Element):  # noqa: N801
    """Una nota: qué no se cumplió."""


def mark(app: Sphinx, doctree: nodes.document) -> None:
    """Pone una nota por celda con alguna afirmación que no se cumplió, y otra donde la página se detuvo."""
    run = app.env.metadata[app.env.docname].get(RUN)
    if run is None:
        return
    if run.failed:
        insert(doctree, stopped(run.failed), run.line or 1)
    unmet = [claim for claim in run.claims if not claim["met"]]
    for _, claims in groupby(unmet, itemgetter("cell")):
        of_cell = list(claims)
        insert(doctree, note(of_cell, app.env.docname), of_cell[0]["line"])


def insert(doctree: nodes.document, made: nodes.Element, line: int) -> None:
    """Pone una nota detrás de la celda que empieza en una línea."""
    made.line = line
    parent, index = place(doctree, line)
    parent.insert(index, made)


def place(parent: nodes.Element, line: int) -> tuple[nodes.Element, int]:
    """Dónde va una nota: en su sección, detrás de lo último que empieza antes de su celda."""
    before = [n for n, child in enumerate(parent.children) if starts_before(child, line)]
    if not before:
        return parent, 0
    last = parent.children[before[-1]]
    return place(last, line) if isinstance(last, nodes.section) else (parent, before[-1] + 1)


def starts_before(node: nodes.Node, line: int) -> bool:
    """Dice si un bloque empieza antes que una celda, o es ella misma."""
    lines = (part.line for part in node.findall() if part.line is not None)
    start = next(lines, None)  # hay bloques sin línea
    return start is not None and start <= line + CELL_SHIFT and not isinstance(node, MOVED)


def stopped(why: str) -> unmet_note:
    """Escribe la nota de una página que no acabó."""
    rest = "Lo que sigue no se ejecutó: le faltan sus resultados y sus números."
    parts = paragraph(nodes.literal("", why)), paragraph(rest)
    return unmet_note("", title("En este equipo la página se detuvo aquí"), *parts)


def note(claims: list[dict[str, Any]], docname: str) -> unmet_note:
    """Escribe la nota de una celda, con un enlace a lo que significa que algo no se cumpla."""
    lines = [paragraph(f"«{claim['sentence']}» {shortfall(claim)}.") for claim in claims]
    one = len(lines) == 1
    body = lines[0] if one else nodes.bullet_list("", *(nodes.list_item("", line) for line in lines))
    label = nodes.inline("", "Qué significa que no se cumpla")
    link = pending_xref(
        "", label, refdomain="std", reftype="ref", reftarget=EXPLAINED, refdoc=docname, refexplicit=True
    )
    verb = "cumplió" if one else "cumplieron"
    identifier = f"unmet-{claims[0]['cell']}"
    return unmet_note("", title(f"En este equipo no se {verb}"), body, paragraph(link), ids=[identifier])


def title(text: str) -> nodes.paragraph:
    """El título de una nota."""
    return nodes.paragraph("", text, classes=["admonition-title"])


def visit_note(self: HTML5Translator, node: nodes.Element) -> None:
    """Abre la nota, con un papel que los lectores de pantalla anuncian."""
    self.body.append(self.starttag(node, "div", CLASS="admonition warning unmet", role="note"))


def depart_note(self: HTML5Translator, node: nodes.Element) -> None:
    """Cierra la nota."""
    self.body.append("</div>\n")


def setup(app: Sphinx) -> dict[str, Any]:
    """Instala las notas."""
    app.add_node(unmet_note, html=(visit_note, depart_note))
    app.connect("doctree-read", mark, priority=BEFORE_ORIGINS)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
