"""La tabla de réplicas: todo lo que las páginas afirman se vio con otras semillas y con otra aritmética."""

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from claims.claim_text import CLAIM
from claims.replica_digest import computation, statements
from nbdeps.digest import read_notebook, read_notebooks
from nbdeps.store import NotebookStore

DOCS = Path(__file__).parents[2] / "docs"
TABLE = json.loads((DOCS / "reference" / "replicas.json").read_text("utf8"))["pages"]
ENOUGH = 7
NOTEBOOKS = read_notebooks(DOCS)


@pytest.fixture(params=NOTEBOOKS)
def name(request):
    return request.param


def test_the_table_has_only_pages_that_exist():
    assert set(TABLE) <= set(NOTEBOOKS)


def test_every_page_has_its_replicas(name):
    assert len(TABLE[name]["variants"]) >= ENOUGH, (
        f"A {name} le faltan réplicas: hágalas con «python -m nox -s replicas -- {name}»."
    )


def test_the_replicas_are_of_what_the_page_computes_now(name):
    assert TABLE[name]["cells"] == computation(NOTEBOOKS[name].cells), (
        f"Las celdas de {name} cambiaron: repita sus réplicas con «python -m nox -s replicas -- {name}»."
    )


def test_no_replica_stopped(name):
    assert TABLE[name]["failed"] == {}


def test_everything_asserted_was_met_in_all_its_replicas(name):
    rows = TABLE[name]["claims"]
    for statement in (s for s in statements(NOTEBOOKS[name].cells) if s.asserts):
        of = {sentence: row for sentence, row in rows.items() if statement.says(sentence)}
        fresh = {sentence: row for sentence, row in of.items() if row["statement"] == statement.digest}
        assert fresh, f"Sin réplicas: {statement.pattern.pattern}"
        broken = [
            f"{s} ({row['worst']})" for s, row in fresh.items() if row["met"] < len(TABLE[name]["variants"])
        ]
        assert broken == []


@pytest.fixture
def replicas():
    spec = importlib.util.spec_from_file_location("course_replicas", DOCS / "replicas.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_are_seven_replicas_besides_the_course_and_no_two_are_the_same(replicas):
    made = replicas.variants(5, 2)
    assert len(made) == len({json.dumps(environment) for environment in made.values()}) == ENOUGH + 1


def told(sentence, met, slack):
    return {"sentence": sentence, "kind": "effect", "met": met, "slack": slack}


def executed(cell, *claims):
    outputs = [{"data": {CLAIM: claim}} for claim in claims]
    return {"cells": [{"cell_type": "code", "source": [cell], "outputs": outputs}]}


def page(cell):
    text = f"---\nfile_format: mystnb\nkernelspec: {{name: python3}}\n---\n```{{code-cell}}\n{cell}\n```\n"
    return SimpleNamespace(name="page", notebook=read_notebook(text))


def test_of_a_sentence_said_twice_the_worst_counts(replicas):
    notebook = executed(
        "claim(text, 0, 1, 0.5)", told("A", True, 0.1), told("A", False, -0.2), told("A", True, 3)
    )
    assert replicas.by_sentence(notebook)["A"]["slack"] == -0.2


def test_a_row_says_how_often_a_sentence_was_met_and_where_it_was_worst(replicas):
    cell = "reported(text, x)\nclaim('A', 0, 1, 0.5)"
    made = {"uno": executed(cell, told("A", True, 2.0)), "dos": executed(cell, told("A", False, -0.5))}
    row = replicas.claim_row("A", {variant: replicas.by_sentence(found) for variant, found in made.items()})
    assert row == {
        "kind": "effect",
        "statement": statements([cell])[1].digest,
        "replicas": 2,
        "met": 1,
        "slack": -0.5,
        "worst": "dos",
    }


@pytest.mark.parametrize(
    ("cell", "enough"),
    [
        ("claim('A', 0, 1, 0.5)", True),
        ("reported('A', estimate)", True),
        ("claim('A', 0, 1, 0.7)", False),
        ("claim('B', 0, 1, 0.5)", False),
    ],
)
def test_a_replica_that_did_not_say_what_the_page_says_now_is_made_again(replicas, tmp_path, cell, enough):
    store = replicas.NotebookStore(tmp_path)
    path = store.path("page", "abc")
    path.parent.mkdir()
    path.write_text(json.dumps(executed("claim('A', 0, 1, 0.5)", told("A", True, 0.5))), "utf8")
    assert replicas.tells(store, page(cell), "abc") is enough


def test_a_weaker_kind_does_not_stale_a_page_and_another_number_does():
    cells = ["x = 1", "claim('A', 0, x, 0.5)"]
    assert computation(cells) == computation(["x = 1", "verb = reported('A', x)\nglue('v', verb)"])
    assert computation(cells) != computation(["x = 2", "claim('A', 0, x, 0.5)"])
    assert statements(cells)[0].digest == statements(["identity('A', 0, x, 0.5)"])[0].digest
    assert statements(cells)[0].digest != statements(["claim('A', 0, x, 0.1)"])[0].digest


def test_rewritten_cells_keep_their_replicas_only_if_they_say_the_same(replicas, tmp_path, monkeypatch):
    def store(folder, value):
        notebook = executed("claim('A', 0, x, 0.5)", told("A", True, value))
        path = tmp_path / folder / "part" / "page" / f"{folder}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(notebook), "utf8")
        return path

    rewritten = page("value = x\nclaim('A', 0, value, 0.5)")
    rewritten.name, rewritten.digest = "part/page", "now"
    monkeypatch.setattr(replicas, "TABLE", tmp_path / "table.json")
    monkeypatch.setattr(
        replicas, "place", lambda course, page, variant: (NotebookStore(tmp_path / "now"), "now")
    )
    row = {"cells": "de antes", "claims": {"A": {"statement": "de antes"}}}
    replicas.TABLE.write_text(json.dumps({"pages": {"part/page": row}}), "utf8")
    store("now", 0.25)
    store("after", 0.75)
    assert replicas.keep(None, [rewritten], tmp_path / "after") == ["part/page"]
    assert json.loads(replicas.TABLE.read_text("utf8"))["pages"]["part/page"] == row
    store("first", 0.25)
    assert replicas.keep(None, [rewritten], tmp_path / "first") == []
    kept = json.loads(replicas.TABLE.read_text("utf8"))["pages"]["part/page"]
    assert kept["cells"] == computation(rewritten.notebook.cells)
    assert kept["claims"]["A"]["statement"] == statements(rewritten.notebook.cells)[0].digest
