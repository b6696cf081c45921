"""Extensión de Sphinx: la directiva `claims` enumera las afirmaciones de todo el curso, por páginas."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from claims.claim_text import KINDS, PLURALS, relation, shortfall
from claims.replica_table import Replicas, replicas
from results.executed import PageRun, page_runs
from results.origins import records
from results.tables import fold, page_link, row, table_of, text

SUMMARY = ["Clase", "Cuántas", "Se cumplieron aquí", "No se cumplieron", "Con réplicas", "Cumplidas en todas"]
HEAD = ["Afirmación, con sus números", "Clase", "Réplicas"]
# Se enseña cuando hay JavaScript con que filtrar.
FILTER = """<form class="claims-filter" aria-label="Filtro de las afirmaciones" hidden>
<p><label for="claims-words">Palabras</label> <input type="search" id="claims-words" autocomplete="off"></p>
<p><label for="claims-kind">Clase</label> <select id="claims-kind"><option value="">todas</option>
<option value="identity">identidades</option><option value="effect">efectos</option>
<option value="reported">resultados</option></select></p>
<p><input type="checkbox" id="claims-unmet"> <label for="claims-unmet">Solo las no cumplidas</label></p>
<p class="claims-count" role="status" aria-live="polite"></p>
</form>
"""

Table = dict[str, dict[str, Replicas]]


class claims_list(nodes.General, nodes.Element):  # noqa: N801
    """Lugar de la lista, que se escribe cuando todas las páginas se han leído."""


class ClaimsDirective(SphinxDirective):
    """Deja el lugar de la lista."""

    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        """Devuelve el lugar de la lista; la página se lee otra vez si cambian las réplicas."""
        path = replica_path(self.env)
        if path.is_file():
            self.env.note_dependency(str(path))
        return [claims_list()]


class WriteClaims(SphinxPostTransform):
    """Escribe la lista, antes de que los pliegues tomen su forma en HTML."""

    default_priority = 100

    def run(self, **kwargs: Any) -> None:
        """Sustituye el lugar de la lista por las afirmaciones de todas las páginas ejecutadas."""
        for place in list(self.document.findall(claims_list)):
            pages = [(page, run) for page, run in in_order(self.env) if run.claims]
            empty = [nodes.paragraph("", "Ninguna página ha hecho todavía una afirmación comprobada.")]
            place.replace_self(list(written(self.app, self.env.docname, pages)) if pages else empty)


def replica_path(env: BuildEnvironment) -> Path:
    """Archivo con la tabla de réplicas."""
    return Path(env.srcdir) / env.config.claims_replicas


def in_order(env: BuildEnvironment) -> list[tuple[str, PageRun]]:
    """Páginas ejecutadas, en el orden en que se leen."""
    place = {page: number for number, page in enumerate(env.collect_relations())}
    return sorted(page_runs(env).items(), key=lambda one: (place.get(one[0], len(place)), one[0]))


def written(app: Sphinx, docname: str, pages: list[tuple[str, PageRun]]) -> Iterator[nodes.Node]:
    """Escribe el resumen, lo que no se cumplió, el filtro y un pliegue por página."""
    found = replicas(replica_path(app.env), Path(app.srcdir))
    yield table_of(SUMMARY, [row(cells) for cells in summary(pages, found)], ["claims-summary"])
    yield from unmet_list(app, docname, pages)
    yield nodes.raw("", FILTER, format="html")
    for page, run in pages:
        link = page_link(app, app.builder, docname, page)
        origin = nodes.paragraph("", "", link, text(f": {told_origin(app, page)}"))
        rows = [claim_row(claim, found.get(page, {})) for claim in run.claims]
        title = f"{app.env.titles[page].astext()}: {told_counts(run.claims)}"
        yield fold(title, origin, table_of(HEAD, rows, ["claims"]), classes=["claims-of-page"])


def summary(pages: list[tuple[str, PageRun]], found: Table) -> Iterator[list[nodes.Text]]:
    """Cuenta las afirmaciones de cada clase."""
    for kind, name in PLURALS.items():
        claims = [(page, one) for page, run in pages for one in run.claims if one["kind"] == kind]
        met = sum(one["met"] for _, one in claims)
        repeated = [found.get(page, {}).get(one["sentence"]) for page, one in claims]
        current = [one for one in repeated if one is not None and not one.stale]
        counts = [
            len(claims),
            met,
            len(claims) - met,
            len(current),
            sum(o.met == o.replicas for o in current),
        ]
        yield [text(name), *(text(str(count)) for count in counts)]


def unmet_list(app: Sphinx, docname: str, pages: list[tuple[str, PageRun]]) -> Iterator[nodes.Node]:
    """Enumera lo que no se cumplió, con enlaces a su lugar, o dice que se cumplió todo."""
    items = [
        nodes.list_item("", unmet_line(app, docname, page, claim))
        for page, run in pages
        for claim in run.claims
        if not claim["met"]
    ]
    if not items:
        yield nodes.paragraph("", "En esta construcción se cumplieron todas.")
        return
    yield nodes.paragraph("", "", nodes.strong("", "No se cumplieron en este equipo:"))
    yield nodes.bullet_list("", *items)


def unmet_line(app: Sphinx, docname: str, page: str, claim: dict[str, Any]) -> nodes.paragraph:
    """Dice qué no se cumplió, y enlaza la nota que lo dice en su página."""
    link = page_link(app, app.builder, docname, page, f"#unmet-{claim['cell']}")
    return nodes.paragraph("", "", link, text(f": «{claim['sentence']}» {shortfall(claim)}."))


def told_counts(claims: Iterable[dict[str, Any]]) -> str:
    """Dice cuántas afirmaciones hay y cuántas no se cumplieron.

    >>> told_counts([{"met": True}, {"met": False}])
    '2 afirmaciones, 1 sin cumplir'
    """
    counts = Counter(bool(claim["met"]) for claim in claims)
    total = counts.total()
    unmet = f", {counts[False]} sin cumplir" if counts[False] else ""
    return f"{total} {'afirmación' if total == 1 else 'afirmaciones'}{unmet}"


def told_origin(app: Sphinx, page: str) -> str:
    """Dice si los números de una página se apoyan en registros.

    Los registros se nombran como en la orden que los repite.
    """
    names = list(records(app, page))
    return f"sobre registros ({', '.join(names)})." if names else "calculado aquí."


def claim_row(claim: dict[str, Any], found: dict[str, Replicas]) -> nodes.row:
    """Escribe la fila de una afirmación."""
    repeated = found.get(claim["sentence"])
    told = repeated.told() if repeated else "sin réplicas"
    marks = [f"claim-{claim['kind']}", *([] if claim["met"] else ["claim-unmet"])]
    return row([sentence(claim), text(KINDS[claim["kind"]]), text(told)], marks)


def sentence(claim: dict[str, Any]) -> nodes.Node:
    """La frase y, debajo, sus números; si no se cumplió, lo dice."""
    numbers = nodes.inline("", relation(claim), classes=["claim-relation"])
    unmet = [] if claim["met"] else [text(" "), nodes.strong("", "No se cumplió en este equipo.")]
    return nodes.inline("", "", text(f"{claim['sentence']} "), numbers, *unmet)


def setup(app: Sphinx) -> dict[str, Any]:
    """Instala la directiva."""
    for name in ("sphinx_design", "results.origins"):
        app.setup_extension(name)
    app.add_config_value("claims_replicas", "reference/replicas.json", "env", str)
    app.add_node(claims_list)
    app.add_directive("claims", ClaimsDirective)
    app.add_post_transform(WriteClaims)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
