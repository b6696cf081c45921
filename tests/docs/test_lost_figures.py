import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

from results.execution import faults


def cell(mime: str) -> nbformat.NotebookNode:
    figure = {"mystnb": {"figure": {"name": "fig-x"}}}
    return new_code_cell("plot();", metadata=figure, outputs=[new_output("display_data", {mime: "…"})])


def test_a_figure_that_was_not_drawn_is_a_fault_of_a_page_that_ended():
    notebook = new_notebook(cells=[cell("image/svg+xml"), cell("text/plain"), new_code_cell("1 + 1")])
    assert list(faults(notebook, True)) == [(1, "La celda declara una figura y no la dibuja.")]
    assert list(faults(notebook, False)) == []
