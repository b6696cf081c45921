"""Extensión de Sphinx: cada página ejecutada se puede descargar como cuaderno, con sus resultados."""

from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from sphinx.application import Sphinx

from results.execution import page_runs

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def clean(notebook: nbformat.NotebookNode) -> str:
    """Escribe un cuaderno sin nada que dependa de la construcción o de la máquina."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for index, cell in enumerate(notebook.cells):
        cell.id = f"cell-{index:03}"
        cell.metadata = {name: value for name, value in cell.metadata.items() if name == "tags"}
    return str(nbformat.writes(notebook)) + "\n"


def offer_notebook(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Pone en el sitio el cuaderno que MyST-NB escribió, y un botón para descargarlo."""
    if pagename not in page_runs(app.env):
        return
    written = Path(app.env.mystnb_config.output_folder, f"{pagename}.ipynb")  # type: ignore[attr-defined]
    target = Path(app.outdir) / "_sources" / f"{pagename}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(clean(nbformat.reads(written.read_text("utf8"), 4)), "utf8")
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
    app.connect("html-page-context", offer_notebook, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
