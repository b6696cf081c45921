from pathlib import Path

import module_table

ROOT = Path(__file__).parents[1]
PARTS = {"data", "language_models", "transformers", "llm", "prompting", "alignment", "evaluation", "plots"}


def test_the_table_of_pages_and_modules_is_up_to_date():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert module_table.updated(text, ROOT / "docs") == text, "ejecute `python docs/_ext/module_table.py`"


def test_the_table_sees_imports_doctests_and_quotes(tmp_path):
    (tmp_path / "page.md").write_text(
        "```{source} siguiente.llm.loading.load\nfrom siguiente.data.tweets import x\n",
        encoding="utf-8",
    )
    (tmp_path / "other.rst").write_text(">>> import siguiente.store\n", encoding="utf-8")
    (tmp_path / "_hidden").mkdir()
    (tmp_path / "_hidden" / "no.md").write_text("import siguiente.plots.style", encoding="utf-8")
    rows = module_table.table(tmp_path).splitlines()[2:]
    assert rows == [
        "| `other.rst` | `siguiente.store` |",
        "| `page.md` | `siguiente.data.tweets`, `siguiente.llm.loading` |",
    ]


def test_tests_and_examples_mirror_the_package():
    parts = {path.name for path in (ROOT / "src" / "siguiente").iterdir() if path.is_dir()}
    parts -= {"__pycache__", "records"}  # lo registrado no es código
    assert parts <= PARTS
    extra = {"browser", "docs", "__pycache__"}
    for tree in ("tests", "examples"):
        folders = {path.name for path in (ROOT / tree).iterdir() if path.is_dir()}
        assert folders <= parts | extra, tree
