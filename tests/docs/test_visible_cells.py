"""Quien copia las celdas que ve, en orden, las puede ejecutar: aquí se ejecutan, sin las ocultas."""

from pathlib import Path

import pytest
from nbclient import NotebookClient

from building.our_course import KERNEL_ENVIRONMENT
from linting.pages import HIDDEN
from nbdeps.digest import read_notebooks

NOTEBOOKS = read_notebooks(Path(__file__).parents[2] / "docs")


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
