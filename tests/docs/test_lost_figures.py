import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from results import execution


@pytest.fixture
def warnings(monkeypatch):
    class Logger:
        def __init__(self):
            self.said = []

        def warning(self, message, *values, location):
            self.said.append((message % values, location))

    monkeypatch.setattr(execution, "LOGGER", Logger())
    return execution.LOGGER.said


def cell(mime: str) -> nbformat.NotebookNode:
    figure = {"mystnb": {"figure": {"name": "fig-x"}}}
    return new_code_cell("plot();", metadata=figure, outputs=[new_output("display_data", {mime: "…"})])


def test_a_figure_that_was_not_drawn_is_a_warning(warnings):
    cells = [cell("image/svg+xml"), cell("text/plain"), new_code_cell("1 + 1")]
    notebook = new_notebook(cells=cells, metadata={"source_map": [10, 20, 30]})
    execution.warn_lost_figures(notebook, "page")
    assert warnings == [("La celda declara una figura y no la dibuja.", ("page", 20))]
