"""Extensión de Sphinx: cada página ejecutada se puede descargar como cuaderno, con sus resultados."""

from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from sphinx.application import Sphinx

from results.executed import page_runs
from results.execution import work_folder

HIDDEN = ("application/papermill.record/", "application/vnd.siguiente.")


def clean(notebook: nbformat.NotebookNode) -> str:
    """Escribe un cuaderno sin nada que dependa de la construcción o de la máquina."""
    cells = [clean_cell(index, cell) for index, cell in enumerate(notebook.cells)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    return str(nbformat.writes(nbformat.from_dict(content))) + "\n"


def clean_cell(index: int, cell: nbformat.NotebookNode) -> dict[str, Any]:
    """Conserva de una celda su texto, sus etiquetas y los resultados que se pueden ver."""
    tags = cell.metadata.get("tags", [])
    kept: dict[str, Any] = {
        "id": f"cell-{index:03}",
        "cell_type": cell.cell_type,
        "metadata": {"tags": list(tags)} if tags else {},
        "source": cell.source,
    }
    if cell.cell_type == "code":
        visible = [output for output in cell.outputs if is_visible(output)]
        kept |= {"execution_count": cell.execution_count, "outputs": visible}
    return kept


def is_visible(output: nbformat.NotebookNode) -> bool:
    """Dice si un resultado tiene alguna forma que un lector pueda ver."""
    return not all(mime.startswith(HIDDEN) for mime in output.get("data", {"text/plain": ""}))


def notebook_path(app: Sphinx, docname: str) -> Path:
    """Lugar del cuaderno limpio mientras se construye el sitio."""
    return work_folder(app) / "notebooks" / f"{docname}.ipynb"


def keep_notebook(app: Sphinx, docname: str, notebook: nbformat.NotebookNode) -> None:
    """Guarda el cuaderno de una página recién ejecutada."""
    path = notebook_path(app, docname)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(clean(notebook), "utf8")


def offer_notebook(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Pone el cuaderno en el sitio y un botón para descargarlo."""
    if pagename not in page_runs(app.env):
        return
    target = Path(app.outdir) / "_sources" / f"{pagename}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(notebook_path(app, pagename).read_bytes())
    button = {
        "type": "link",
        "url": f"{context['pathto']('_sources', 1)}/{pagename}.ipynb",
        "text": "Descargar cuaderno",
        "tooltip": "Descargar esta página como cuaderno de Jupyter, con sus resultados",
        "icon": "fas fa-download",
        "label": "download-notebook-button",
    }
    context["header_buttons"] = [button, *context.get("header_buttons", [])]


def setup(app: Sphinx) -> dict[str, Any]:
    """Instala la extensión; el botón se añade después de los del tema."""
    app.connect("page-executed", keep_notebook)
    app.connect("html-page-context", offer_notebook, priority=600)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
