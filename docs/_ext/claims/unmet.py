"""Extensión de Sphinx: lo que se detuvo o no se cumplió en este equipo se dice en la página, en su lugar.

Las celdas que comprueban las frases no se ven, así que la nota va detrás de lo último que se ve antes.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from claims.claim_text import shortfall
from results.executed import page_runs

# Detrás de `executed`, que es quien recoge lo que salió de la página.
AFTER_EXECUTED = 700
# myst-nb fecha una celda visible dos líneas por debajo de donde empieza.
CELL_SHIFT = 2
EXPLAINED = ("reference/claims", "sec-claims")
# Van al final del documento con la línea en que se escribieron.
MOVED = (nodes.footnote, nodes.citation)


class unmet_note(nodes.General, nodes.Element):  # noqa: N801
    """Una nota: qué no se cumplió."""


def mark(app: Sphinx, doctree: nodes.document) -> None:
    """Pone una nota por celda con alguna afirmación que no se cumplió, y otra donde la página se detuvo."""
    run = page_runs(app.env).get(app.env.docname)
    if run and run.failed:
        insert(doctree, stopped(run.failed), run.line or 1)
    unmet = [claim for claim in run.claims if not claim["met"]] if run else []
    for line, claims in groupby(sorted(unmet, key=lambda claim: claim["line"]), lambda claim: claim["line"]):
        made = note(list(claims), explained=EXPLAINED[0] in app.env.found_docs, docname=app.env.docname)
        insert(doctree, made, line)


def insert(doctree: nodes.document, made: nodes.Element, line: int) -> None:
    """Pone una nota detrás de la celda que empieza en una línea."""
    made.line = line
    parent, index = place(doctree, line)
    parent.insert(index, made)


def stopped(why: str) -> unmet_note:
    """Escribe la nota de una página que no acabó."""
    title = nodes.paragraph("", "En este equipo la página se detuvo aquí", classes=["admonition-title"])
    rest = "Lo que sigue no se ejecutó: le faltan sus resultados y sus números."
    return unmet_note("", title, nodes.paragraph("", "", nodes.literal("", why)), nodes.paragraph("", rest))


def place(parent: nodes.Element, line: int) -> tuple[nodes.Element, int]:
    """Dónde va una nota: en su sección, detrás de lo último que empieza antes de su celda."""
    before = [n for n, child in enumerate(parent.children) if starts_before(child, line)]
    if not before:
        return parent, 0
    last = parent.children[before[-1]]
    return place(last, line) if isinstance(last, nodes.section) else (parent, before[-1] + 1)


def starts_before(node: nodes.Node, line: int) -> bool:
    """Dice si un bloque empieza antes que una celda, o es ella misma."""
    start = next(
        (part.line for part in node.findall() if part.line is not None), None
    )  # hay bloques sin línea
    return start is not None and start <= line + CELL_SHIFT and not isinstance(node, MOVED)


def note(claims: Sequence[dict[str, Any]], *, explained: bool, docname: str) -> unmet_note:
    """Escribe la nota de una celda."""
    lines = [f"«{claim['sentence']}» {sentence_end(shortfall(claim))}" for claim in claims]
    one = len(lines) == 1
    title = f"En este equipo no se {'cumplió' if one else 'cumplieron'}"
    items = (nodes.list_item("", nodes.paragraph("", line)) for line in lines)
    body = nodes.paragraph("", lines[0]) if one else nodes.bullet_list("", *items)
    made = unmet_note("", nodes.paragraph("", title, classes=["admonition-title"]), body)
    made["ids"].append(f"unmet-{claims[0]['cell']}")
    if explained:
        made += nodes.paragraph("", "", explanation(docname))
    return made


def sentence_end(text: str) -> str:
    """Cierra una frase con su punto."""
    return f"{text}."


def explanation(docname: str) -> pending_xref:
    """Enlace a la página que dice qué significa que algo no se cumpla."""
    label = nodes.inline("", "Qué significa que no se cumpla")
    return pending_xref(
        "",
        label,
        refdomain="std",
        reftype="ref",
        reftarget=EXPLAINED[1],
        refdoc=docname,
        refexplicit=True,
        refwarn=True,
    )


def visit_note(self: HTML5Translator, node: nodes.Element) -> None:
    """Abre la nota, con un papel que los lectores de pantalla anuncian."""
    self.body.append(self.starttag(node, "div", CLASS="admonition warning unmet", role="note"))


def depart_note(self: HTML5Translator, node: nodes.Element) -> None:
    """Cierra la nota."""
    self.body.append("</div>\n")


def setup(app: Sphinx) -> dict[str, Any]:
    """Instala las notas."""
    app.add_node(unmet_note, html=(visit_note, depart_note))
    app.connect("doctree-read", mark, priority=AFTER_EXECUTED)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
