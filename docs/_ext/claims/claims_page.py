"""Extensión de Sphinx: la directiva `claims` enumera las afirmaciones de todo el curso, por páginas."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from claims.claim_text import KINDS, PLURALS, relation, shortfall
from claims.replica_table import Replicas, replicas
from results.execution import PageRun, page_runs
from results.listings import add_listing
from results.origins import records
from results.tables import fold, page_link, paragraph, row, table

SUMMARY = ["Clase", "Cuántas", "Se cumplieron aquí", "No se cumplieron", "Con réplicas", "Cumplidas en todas"]
HEAD = ["Afirmación, con sus números", "Clase", "Réplicas"]
# Se enseña cuando hay JavaScript con que filtrar.
FILTER = Path(__file__).with_name("filter.html").read_text("utf8")


def write_claims(app: Sphinx, docname: str) -> list[nodes.Node]:
    """Escribe el resumen, lo que no se cumplió, el filtro y un pliegue por página."""
    runs = [(page, run) for page, run in in_order(app.env) if run.claims]
    if not runs:
        return [paragraph("Ninguna página ha hecho todavía una afirmación comprobada.")]
    found = replicas(Path(app.srcdir))
    made = [(page, claim) for page, run in runs for claim in run.claims]
    told = [(claim, found.get(page, {}).get(claim["sentence"])) for page, claim in made]
    summary = [row(summary_cells(kind, told)) for kind in PLURALS]
    unmet = [unmet_line(app, docname, page, claim) for page, claim in made if not claim["met"]]
    folds = [page_fold(app, docname, page, run, found.get(page, {})) for page, run in runs]
    form = nodes.raw("", FILTER, format="html")
    return [table(SUMMARY, summary, ["claims-summary"]), *unmet_list(unmet), form, *folds]


def in_order(env: BuildEnvironment) -> list[tuple[str, PageRun]]:
    """Páginas ejecutadas, en el orden en que se leen."""
    place = {page: number for number, page in enumerate(env.collect_relations())}
    return sorted(page_runs(env).items(), key=lambda one: (place.get(one[0], len(place)), one[0]))


def summary_cells(kind: str, told: Iterable[tuple[dict[str, Any], Replicas | None]]) -> list[str]:
    """Cuenta las afirmaciones de una clase."""
    of_kind = [(claim, repeated) for claim, repeated in told if claim["kind"] == kind]
    met = sum(claim["met"] for claim, _ in of_kind)
    current = [repeated for _, repeated in of_kind if repeated and not repeated.stale]
    in_all = sum(repeated.met == repeated.replicas for repeated in current)
    counts = len(of_kind), met, len(of_kind) - met, len(current), in_all
    return [PLURALS[kind], *map(str, counts)]


def unmet_line(app: Sphinx, docname: str, page: str, claim: dict[str, Any]) -> nodes.list_item:
    """Dice qué no se cumplió, y enlaza la nota que lo dice en su página."""
    link = page_link(app, docname, page, f"#unmet-{claim['cell']}")
    return nodes.list_item("", paragraph(link, f": «{claim['sentence']}» {shortfall(claim)}."))


def unmet_list(lines: list[nodes.list_item]) -> list[nodes.Node]:
    """Enumera lo que no se cumplió, o dice que se cumplió todo."""
    if not lines:
        return [paragraph("En esta construcción se cumplieron todas.")]
    return [paragraph(nodes.strong("", "No se cumplieron en este equipo:")), nodes.bullet_list("", *lines)]


def page_fold(app: Sphinx, docname: str, page: str, run: PageRun, found: dict[str, Replicas]) -> nodes.Node:
    """El pliegue de una página: de dónde salen sus números y una tabla con lo que afirma.

    Los registros se nombran como en la orden que los repite.
    """
    names = ", ".join(records(app, page))
    origin = f": sobre registros ({names})." if names else ": calculado aquí."
    rows = [claim_row(claim, found.get(claim["sentence"])) for claim in run.claims]
    title = f"{app.env.titles[page].astext()}: {told_counts(run.claims)}"
    content = paragraph(page_link(app, docname, page), origin), table(HEAD, rows, ["claims"])
    return fold(title, *content, classes=["claims-of-page"])


def told_counts(claims: Iterable[dict[str, Any]]) -> str:
    """Dice cuántas afirmaciones hay y cuántas no se cumplieron.

    >>> told_counts([{"met": True}, {"met": False}])
    '2 afirmaciones, 1 sin cumplir'
    """
    counts = Counter(bool(claim["met"]) for claim in claims)
    total = counts.total()
    unmet = f", {counts[False]} sin cumplir" if counts[False] else ""
    return f"{total} {'afirmación' if total == 1 else 'afirmaciones'}{unmet}"


def claim_row(claim: dict[str, Any], repeated: Replicas | None) -> nodes.row:
    """Escribe la fila de una afirmación."""
    told = repeated.told() if repeated else "sin réplicas"
    marks = [f"claim-{claim['kind']}", *([] if claim["met"] else ["claim-unmet"])]
    return row([nodes.inline("", "", *sentence(claim)), KINDS[claim["kind"]], told], marks)


def sentence(claim: dict[str, Any]) -> Iterator[nodes.Node]:
    """La frase y, debajo, sus números; si no se cumplió, lo dice."""
    yield nodes.Text(f"{claim['sentence']} ")
    yield nodes.inline("", relation(claim), classes=["claim-relation"])
    if not claim["met"]:
        yield nodes.Text(" ")
        yield nodes.strong("", "No se cumplió en este equipo.")


def setup(app: Sphinx) -> dict[str, Any]:
    """Instala la directiva."""
    for name in ("sphinx_design", "results.origins"):
        app.setup_extension(name)
    add_listing(app, "claims", write_claims)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
