"""Lo que ARCHITECTURE.md promete a quien busca: los archivos que nombra están y los árboles se parecen."""

import re
from pathlib import Path

import pytest

import module_table
from nbdeps.closure import Package, files

ROOT = Path(__file__).parents[1]
IDEAS = {"language_models", "transformers", "llm", "prompting", "alignment", "evaluation"}
NAMED = re.compile(r"`((?!docs/_build|\.nox)[\w./-]+/[\w.-]*|\w+\.py)`")


def folders(tree):
    """Las carpetas de un árbol, sin lo que escribe Python."""
    return {path.name for path in (ROOT / tree).iterdir() if path.is_dir()} - {"__pycache__"}


@pytest.mark.parametrize("name", NAMED.findall((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")))
def test_what_it_names_is_there(name):
    course, docs = ROOT / "src" / "siguiente", ROOT / "docs"
    places = (ROOT, course, course / "course", docs, docs / "_ext")
    assert any((place / name).exists() for place in places) or name.rstrip("/") in {"fast", "files"}


def test_the_trees_have_the_same_parts():
    assert folders("src/siguiente") == IDEAS | {"commands", "course", "records", "runtime"}
    assert folders("src/siguiente/course") & IDEAS >= IDEAS - {"llm", "evaluation"}
    assert folders("tests") == IDEAS | {"browser", "commands", "course", "docs", "nbdeps", "runtime"}


def test_every_test_is_beside_what_it_tests():
    for path in (ROOT / "tests").rglob("test_*.py"):
        part = path.relative_to(ROOT / "tests").parent
        assert (
            part.parts[:1] in {("browser",), ("docs",), ("nbdeps",)}
            or (ROOT / "src" / "siguiente" / part).is_dir()
        )


def test_every_data_file_belongs_to_a_module():
    course = Package(ROOT / "src" / "siguiente")
    found = {path for suffix in ("csv", "txt", "toml", "json") for path in course.root.rglob(f"*.{suffix}")}
    found = {path for path in found if "records" not in path.parts}
    assert found
    assert found - files(course, course.modules()) == set()


def test_the_table_of_modules_sees_imports_doctests_and_quotes(tmp_path):
    (tmp_path / "page.md").write_text(
        "```{source} siguiente.llm.chat.load\nfrom siguiente.course.data.tweets import x\n", encoding="utf-8"
    )
    (tmp_path / "other.rst").write_text(">>> import siguiente.record\n", encoding="utf-8")
    (tmp_path / "_hidden").mkdir()
    (tmp_path / "_hidden" / "no.md").write_text("import siguiente.record", encoding="utf-8")
    assert module_table.table(tmp_path)[4:] == [
        "   * - Página",
        "     - Módulos",
        "   * - :doc:`/other`",
        "     - ``record``",
        "   * - :doc:`/page`",
        "     - ``course.data.tweets``, ``llm.chat``",
    ]
