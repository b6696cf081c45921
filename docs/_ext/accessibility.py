"""Accesibilidad: corrige, al escribir cada página, lo que las extensiones dejan sin nombre o mal anidado."""

import re
from typing import Any

from sphinx.application import Sphinx

# (qué se busca, qué se pone)
REPAIRS = [
    # La etiqueta en inglés callaba el texto visible («Mostrar el código…»).
    (re.compile(r'<summary aria-label="Toggle hidden content">'), "<summary>"),
    # Una celda de cabecera vacía no encabeza nada: es una celda cualquiera.
    (re.compile(r"<th( class=\"[^\"]*\")?>\s*</th>"), "<td></td>"),
    # Un papel en desuso, que además pide estar en una lista.
    (re.compile(r'(<div class="citation"[^>]*) role="doc-biblioentry"'), r"\1"),
    # Una lista cuyos hijos no son elementos de lista: la bibliografía y las notas.
    (re.compile(r'<(div|aside) class="([^"]*)"([^>]*) role="list"([^>]*)>'), r'<\1 class="\2"\3\4>'),
    (re.compile(r'<div role="list" class="citation-list">'), '<div class="citation-list">'),
]


def repair(body: str) -> str:
    """Devuelve el cuerpo de una página con los arreglos hechos."""
    for pattern, replacement in REPAIRS:
        body = pattern.sub(replacement, body)
    return body


def repair_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Arregla el cuerpo antes de que entre en la plantilla."""
    if context.get("body"):
        context["body"] = repair(context["body"])


def setup(app: Sphinx) -> dict[str, Any]:
    """Registra los arreglos detrás de las demás extensiones."""
    app.connect("html-page-context", repair_page, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
