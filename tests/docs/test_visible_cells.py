"""Quien copia las celdas que ve, en orden, las puede ejecutar: aquí se ejecutan, sin las ocultas."""

from pathlib import Path

import pytest
from digest import KERNEL_ENVIRONMENT, read_notebook
from nbclient import NotebookClient
from pages import HIDDEN

DOCS = Path(__file__).parents[2] / "docs"
NOTEBOOKS = {
    path.relative_to(DOCS).with_suffix("").as_posix(): found
    for path in sorted(DOCS.glob("[a-z]*/*.md"))
    if (found := read_notebook(path.read_text("utf8")))
}


@pytest.mark.slow
@pytest.mark.enable_socket
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_visible_cells_run_alone(name, monkeypatch):
    for variable, value in KERNEL_ENVIRONMENT.items():
        monkeypatch.setenv(variable, value)
    node = NOTEBOOKS[name].node
    node.cells = [
        cell
        for cell in node.cells
        if cell.cell_type == "code" and not HIDDEN & set(cell.metadata.get("tags", []))
    ]
    NotebookClient(node, timeout=1200, kernel_name="python3").execute()
