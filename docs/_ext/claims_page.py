"""Extensión de Sphinx: la directiva `claims` enumera las afirmaciones comprobadas de todo el curso."""

import math
from typing import Any, ClassVar

from docutils import nodes
from executed import page_runs
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from tables import page_link, table, text

from siguiente.plots.numbers import number

HEAD = ["Página", "Afirmación", "Relación comprobada", "Margen"]


class claims_list(nodes.General, nodes.Element):  # noqa: N801
    """Lugar de la lista, que se escribe cuando todas las páginas se han leído."""


class ClaimsDirective(SphinxDirective):
    """Deja el lugar de la lista."""

    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        """Devuelve el lugar de la lista."""
        return [claims_list()]


def write_claims(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Escribe la lista con las afirmaciones de todas las páginas ejecutadas."""
    for place in list(doctree.findall(claims_list)):
        pages = sorted(page_runs(app.env).items())
        claims = [(page, claim) for page, run in pages for claim in run.claims]
        rows = [
            [page_link(app, app.builder, docname, page), *map(text, claim_cells(claim))]
            for page, claim in claims
        ]
        empty = nodes.paragraph("", "Ninguna página ha hecho todavía una afirmación comprobada.")
        place.replace_self(table(HEAD, rows) if rows else empty)


def claim_cells(claim: dict[str, Any]) -> list[str]:
    """Escribe una afirmación en español, con coma decimal.

    >>> claim_cells({"sentence": "A", "smaller": 0.25, "larger": 0.5, "margin": 0.1})
    ['A', '0,25 < 0,5', 'al menos 0,1']
    >>> claim_cells({"sentence": "B", "value": 0.5, "expected": 0.51, "tolerance": 0.02})
    ['B', '0,5 ≈ 0,51', 'como mucho 0,02']
    """
    if "margin" in claim:
        relation = f"{short(claim['smaller'])} < {short(claim['larger'])}"
        return [claim["sentence"], relation, f"al menos {short(claim['margin'])}"]
    relation = f"{short(claim['value'])} ≈ {short(claim['expected'])}"
    return [claim["sentence"], relation, f"como mucho {short(claim['tolerance'])}"]


def short(value: float) -> str:
    """Escribe un número con cuatro cifras significativas, o todas si es entero.

    >>> short(1985), short(0.000123456), short(-0.25), short(float("inf"))
    ('1985', '0,0001235', '−0,25', '∞')
    """
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == int(value):
        return number(value)
    digits = max(0, 3 - math.floor(math.log10(abs(value))))
    return number(value, digits).rstrip("0") if digits else number(value)


def setup(app: Sphinx) -> dict[str, Any]:
    """Instala la directiva."""
    app.add_node(claims_list)
    app.add_directive("claims", ClaimsDirective)
    app.connect("doctree-resolved", write_claims)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
