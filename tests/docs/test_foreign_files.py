"""Lo que dejan Jupyter, macOS y los editores entre las páginas no es una página ni se revisa."""

import os

import pytest

from linting.page_lint import check_all
from linting.pages import proofread, published

APPLE_DOUBLE = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        \xff\xfe"
WRONG = "---\nfile_format: mystnb\n---\n\n```{code-cell}\nimport torch\n```\n\nUna falta de hortografía.\n"


@pytest.fixture
def docs(tmp_path):
    """Una página buena, y a su lado lo que no es del curso."""
    folder = tmp_path / "docs"
    (folder / "prompting" / ".ipynb_checkpoints").mkdir(parents=True)
    (folder / "prompting" / "page.md").write_text("# Página\n\nUna frase.\n", encoding="utf-8")
    (folder / "prompting" / ".ipynb_checkpoints" / "page-checkpoint.md").write_text(WRONG, encoding="utf-8")
    (folder / "prompting" / "folder.md").mkdir()
    for name in ("._page.md", "._index.rst", "._conf.py", ".DS_Store", "Thumbs.db"):
        (folder / "prompting" / name).write_bytes(APPLE_DOUBLE)
    if os.name != "nt":
        (folder / "prompting" / ".#page.md").symlink_to("nadie@equipo.1234:1700000000")
    for name in ("_build", "_ext"):
        (folder / name).mkdir()
        (folder / name / "other.md").write_text(WRONG, encoding="utf-8")
    return folder


def test_only_what_is_published_is_a_page(docs):
    assert published(docs) == [docs / "prompting" / "page.md"]
    assert [fault.split(": ")[0] for fault in check_all(docs.parent)] == ["docs/_ext/other.md:9"]


def test_only_what_is_ours_is_proofread(docs):
    root = docs.parent
    (root / "src").mkdir()
    (root / "src" / "code.py").write_text('"""Una frase."""\n', encoding="utf-8")
    (root / "src" / "._code.py").write_bytes(APPLE_DOUBLE)
    ours = ["docs/_ext/other.md", "docs/prompting/page.md", "src/code.py"]
    assert [path.relative_to(root).as_posix() for path in proofread(root)] == ours
    assert [fault.split(":")[0] for fault in check_all(root)] == ["docs/_ext/other.md"]


def test_a_mistake_in_a_page_is_still_found(docs):
    (docs / "prompting" / "wrong.md").write_text(WRONG, encoding="utf-8")
    found = {fault.split(":")[0] for fault in check_all(docs.parent)}
    assert found == {"docs/_ext/other.md", "docs/prompting/wrong.md"}
