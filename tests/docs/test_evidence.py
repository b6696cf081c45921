"""Lo que una página dice de sus números: lo que no se cumplió, de dónde salen y la lista de todo el curso."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from docutils import nodes
from docutils.core import publish_doctree
from docutils.frontend import get_default_settings
from docutils.parsers.rst import roles
from docutils.utils import new_document

from claims.claim_text import relation, shortfall
from claims.replica_digest import computation, statements
from claims.replica_table import replicas
from claims.unmet import place
from nbdeps.digest import read_notebook
from results.origins import RunMemory
from siguiente.course.report.claims import Claim, CloseClaim, Reported

EXTENSIONS = Path(__file__).parents[2] / "docs" / "_ext"

# El proyecto no ejecuta nada: `RUNS` dice qué afirmaciones salieron de qué celda.
CONF = f"""
import json, sys
from pathlib import Path
sys.path[:0] = [".", {str(EXTENSIONS)!r}]
from building import resources
from kept import recorded
from results import execution
from myst_nb.core.read import read_myst_markdown_notebook
project = "Mini"
language = "es"
extensions = ["myst_nb", "claims.claims_page", "claims.unmet", "results.origins"]
html_theme = "basic"
html_copy_source = False
nb_execution_mode = "off"
resources.recorded = recorded
HERE = Path(__file__).parent
RUNS = json.loads((HERE / "runs.json").read_text("utf8"))

def record(app, page, content):
    if page in RUNS:
        text = Path(app.env.doc2path(page)).read_text("utf8")
        notebook = read_myst_markdown_notebook(text, add_source_map=True)
        claims = [one | {{"line": execution.line_of(notebook, one["cell"])}} for one in RUNS[page]]
        cost = (390.0, 350.0, 873_000_000, "Un procesador")
        run = execution.PageRun("abc", tuple(claims), "2027-01-14", *cost)
        app.env.metadata[page][execution.RUN] = run

def setup(app):
    app.connect("source-read", record)
"""

HEADER = """---
file_format: mystnb
kernelspec: {name: python3, language: python}
resources: [model:tiny, artefact:kept, artefact:built, artefact:unknown]
---
"""

EVIDENCE = (
    HEADER
    + """
# Con pruebas

Ocupa unos {run-memory}`GB`, es decir, {run-memory}`MB`.

## Primera parte

Párrafo uno.

```{code-cell}
:tags: [remove-cell]
claim("Cuatro supera a uno.", 1, 4, 1)
```

Párrafo dos.

```{code-cell}
visible()
```

```{code-cell}
:tags: [remove-cell]
second()
```

## Segunda parte

Párrafo tres[^nota].

[^nota]: Una nota al pie.

- una lista

  de dos párrafos

```{code-cell}
:tags: [remove-cell]
third()
```
"""
)

PAGES = {
    "index.md": "# Inicio\n\n```{toctree}\nsecond\nevidence\nplain\nreference/claims\n```\n",
    "second.md": HEADER.replace("artefact:kept, ", "") + "\n# Segunda\n\n```{code-cell}\n1\n```\n",
    "evidence.md": EVIDENCE,
    "plain.md": "# Sin celdas\n\nOcupa {run-memory}`GB`.\n",
    "reference/claims.md": "(sec-claims)=\n# Afirmaciones\n\n```{claims}\n```\n",
}

MET = Claim("effect", "Cuatro supera a uno.", 1, 4, 1)
LOW = Claim("effect", "Y confunden más.", 0.01, 0.003, 0.05)
FAR = CloseClaim("effect", "Acierta la mitad.", 0.43, 0.5, 0.05)
EXACT = CloseClaim("identity", "Suman uno.", 1 + 4.441e-16, 1, 1e-12)
TOLD = Reported("reported", "La nota sube.", 0.1234, 0.05, 0.2, 0, "sube")
LOST = Reported("reported", "Lo perdido no se distingue.", float("nan"), 0, 1, 0, "no se distingue")

# Celdas entre todas, también las de texto: 1, 3, 4 y 6 son de código.
RUNS = {
    "evidence": [(1, MET), (1, EXACT), (3, TOLD), (4, LOW), (4, FAR), (6, LOST)],
    "second": [(1, MET)],
}
CELLS = read_notebook(EVIDENCE).cells
MADE = {"cells": computation(CELLS), "variants": ["una"] * 7, "seconds": 1.0, "memory": 1}
STATED = statements(CELLS)[0].digest
REPLICAS = {
    "pages": {
        "evidence": MADE
        | {
            "claims": {
                MET.sentence: {"kind": "effect", "met": 7, "slack": 0.8, "statement": STATED},
                LOW.sentence: {"kind": "effect", "met": 5, "slack": -0.2, "statement": "otra"},
                EXACT.sentence: {"kind": "identity", "met": 6, "slack": None, "statement": STATED},
            }
        }
    }
}
RECORD = {
    "date": "2027-01-04",
    "processor": "Un procesador",
    "seconds": 30.0,
    "command": "python -m nox -s record -- kept",
}


RECORDED = f"""
def recorded(name):
    if name == "artefact:unknown":
        raise ValueError(name)
    return {RECORD} if name == "artefact:kept" else None
"""


class Site:
    """Un proyecto de Sphinx en una carpeta temporal."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, name: str, content: object) -> None:
        """Escribe un archivo: el texto tal cual, y lo demás en JSON."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        path.write_text(text, "utf8")

    def build(self, out: str = "out") -> None:
        """Construye con advertencias como errores."""
        command = [sys.executable, "-m", "sphinx", "-W", "-q", "-T", "-b", "html"]
        command += [str(self.root), str(self.root.parent / out / "html")]
        environment = os.environ | {"NO_COLOR": "1"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def html(self, name: str, out: str = "out") -> str:
        """Página construida."""
        return (self.root.parent / out / "html" / f"{name}.html").read_text("utf8")


def text_of(html: str) -> str:
    """El texto de un trozo de HTML, con espacios corrientes."""
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", "", html)).strip()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp("evidence") / "docs")
    for name, content in PAGES.items():
        made.write(name, content)
    made.write("conf.py", CONF)
    runs = {
        page: [record.as_dict() | {"cell": cell} for cell, record in claims] for page, claims in RUNS.items()
    }
    made.write("runs.json", runs)
    made.write("reference/replicas.json", REPLICAS)
    made.write("kept.py", RECORDED)
    made.build()
    return made


def test_what_was_not_met_is_said_in_its_place(site):
    html = site.html("evidence")
    assert html.count('role="note"') == 2
    order = [
        "<p>Párrafo dos",
        "visible",
        'id="unmet-4"',
        "<h2>Segunda",
        "de dos párrafos",
        'id="unmet-6"',
        "<details",
    ]
    places = [html.index(mark) for mark in order]
    assert places == sorted(places)


def test_a_note_says_each_sentence_its_numbers_and_where_it_is_explained(site):
    html = site.html("evidence")
    note = html[html.index('id="unmet-4"') : html.index("<h2>Segunda")]
    assert text_of(note.partition(">")[2]).startswith(
        "En este equipo no se cumplieron «Y confunden más.» 0,003 no supera a 0,01 en 0,05. "
        "«Acierta la mitad.» 0,43 se aparta de 0,5 más de 0,05. Qué significa que no se cumpla"
    )
    assert 'href="reference/claims.html#sec-claims"' in note


def test_what_was_met_leaves_no_mark(site):
    assert 'role="note"' not in site.html("second")
    assert MET.sentence not in site.html("evidence")


def block(*children: nodes.Node, line: int | None) -> nodes.Element:
    """Un bloque con su línea."""
    made = nodes.container("", *children)
    made.line = line
    return made


def section(*children: nodes.Node, line: int) -> nodes.Element:
    """Una sección con su línea."""
    made = nodes.section("", *children)
    made.line = line
    return made


def document(*children: nodes.Node) -> nodes.document:
    """Un documento con unos hijos."""
    made = new_document("prueba", get_default_settings())
    made += list(children)
    return made


def test_a_note_goes_after_a_block_that_knows_its_line_only_inside():
    solution = block(block(line=10), line=None)
    inner = section(block(line=5), solution, block(line=40), line=4)
    assert place(document(section(inner, line=1)), 20) == (inner, 2)


def test_a_note_ignores_the_footnotes_moved_to_the_end():
    footnote = nodes.footnote()
    footnote.line = 6
    inner = section(block(line=5), line=4)
    assert place(document(inner, footnote), 20) == (inner, 1)


def test_a_note_before_everything_opens_the_page():
    made = document(block(line=30))
    assert place(made, 2) == (made, 0)


def test_the_summary_counts_each_kind(site):
    html = site.html("reference/claims")
    table = html[html.index("claims-summary") : html.index("</table>")]
    rows = [text_of(row) for row in re.findall("<tr.*?</tr>", table, re.DOTALL)]
    assert rows[1:] == ["Identidades 1 1 0 1 0", "Efectos 4 2 2 1 1", "Resultados 2 1 1 0 0"]


def test_the_list_goes_by_pages_in_reading_order_and_each_is_folded(site):
    html = site.html("reference/claims")
    folds = re.findall(r"<details([^>]*)>\s*<summary[^>]*>(.*?)</summary>", html, re.DOTALL)
    assert [text_of(summary) for _, summary in folds] == [
        "Segunda: 1 afirmación",
        "Con pruebas: 6 afirmaciones, 3 sin cumplir",
    ]
    assert all("claims-of-page" in attributes and "open" not in attributes for attributes, _ in folds)


def test_each_claim_says_its_kind_its_numbers_and_its_replicas(site):
    html = site.html("reference/claims")
    rows = re.findall(r'<tr class="([^"]*)">(.*?)</tr>', html[html.index("Con pruebas:") :], re.DOTALL)
    told = {text_of(row): classes for classes, row in rows if "claim-" in classes}
    assert list(told) == [
        "Cuatro supera a uno. 1 &lt; 4 (margen 1) efecto 7 de 7, holgura 0,8",
        "Suman uno. diferencia 4,44·10⁻¹⁶ ≤ 10⁻¹² identidad 6 de 7",
        "La nota sube. 0,123 [0,05; 0,2] frente a 0 resultado sin réplicas",
        "Y confunden más. 0,01 &lt; 0,003 (margen 0,05) No se cumplió en este equipo. efecto caducadas",
        "Acierta la mitad. 0,43 ≈ 0,5 (± 0,05) No se cumplió en este equipo. efecto sin réplicas",
        "Lo perdido no se distingue. sin dato [0; 1] frente a 0 No se cumplió en este equipo. "
        "resultado sin réplicas",
    ]
    assert ["claim-unmet" in classes for classes in told.values()] == [False, False, False, True, True, True]
    assert "claim-identity" in list(told.values())[1]


def test_what_was_not_met_is_listed_with_a_link_to_its_note(site):
    html = site.html("reference/claims")
    assert html.count('href="../evidence.html#unmet-4"') == 2
    assert html.count('href="../evidence.html#unmet-6"') == 1


def test_the_list_says_which_records_a_page_uses(site):
    html = site.html("reference/claims")
    assert "Segunda: calculado aquí." in text_of(html)
    assert "Con pruebas: sobre registros (kept)." in text_of(html)


def test_an_executed_page_tells_the_three_origins_apart(site):
    html = site.html("evidence")
    box = text_of(html[html.index("<details") : html.index("</details>")])
    assert box.startswith(
        "De dónde salen los números Calculado aquí. Las celdas se ejecutaron el 14 de enero de 2027, "
        "en este equipo: "
    )
    assert "También se hizo en este equipo, antes que la página: built, unknown." in box
    assert (
        "kept: el 4 de enero de 2027, en Un procesador, con 30,0 s de procesador. "
        "Se repite con python -m nox -s record -- kept." in box
    )
    assert "Registrado. Nada." in text_of(site.html("second"))
    assert "De dónde salen" not in site.html("plain")


def test_the_memory_of_a_page_is_that_of_its_run(site):
    assert "Ocupa unos 0,9 GB, es decir, 873 MB." in text_of(site.html("evidence"))
    assert "Ocupa sin dato." in text_of(site.html("plain"))


def test_the_memory_has_two_units():
    roles.register_local_role("run-memory", RunMemory())
    document = publish_doctree(":run-memory:`KB`", settings_overrides={"report_level": 5})
    (message,) = document.findall(nodes.system_message)
    assert "en GB o en MB, no en «KB»" in message.astext()


def test_two_builds_of_the_same_runs_give_the_same_bytes(site):
    site.build("again")
    for name in ("evidence", "reference/claims"):
        assert site.html(name) == site.html(name, "again")


def test_new_replicas_reach_the_list(site):
    again = json.loads(json.dumps(REPLICAS))
    again["pages"]["evidence"]["variants"] += ["otra"] * 2
    site.write("reference/replicas.json", again)
    site.build()
    assert "7 de 9" in site.html("reference/claims")


def test_without_replicas_there_is_no_table(tmp_path):
    assert replicas(tmp_path) == {}


def test_an_infinite_number_survives_json():
    claim = Claim("effect", "Es infinita.", 8, float("inf"), 1).as_dict()
    assert relation(json.loads(json.dumps(claim, allow_nan=False))) == "8 < ∞ (margen 1)"


def test_a_shortfall_shows_the_figures_that_tell_two_numbers_apart():
    claim = Claim("effect", "Apenas.", 0.50001, 0.50002, 0.1).as_dict()
    assert shortfall(claim) == "0,50002 no supera a 0,50001 en 0,1"


def test_an_unmet_identity_says_that_the_difference_is_too_large():
    claim = CloseClaim("identity", "Suman uno.", 1.5, 1, 1e-12).as_dict()
    assert relation(claim) == "diferencia 0,5 > 10⁻¹²"
