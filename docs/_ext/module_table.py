"""Directiva `module-table`: qué módulos importa o cita cada página."""

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from linting.pages import published

IMPORT = re.compile(r"^\s*(?:>>> )?(?:from|import) siguiente\.([\w.]+)", re.MULTILINE)
QUOTE = re.compile(r"(?:\{source\}|\.\. source::) siguiente\.([\w.]+)\.\w+")


def shown(text: str) -> list[str]:
    """Módulos que una página importa en sus celdas y ejemplos, o cita de su fuente.

    >>> shown("from siguiente.course.data.tweets import load_tweets")
    ['course.data.tweets']
    """
    return sorted({*IMPORT.findall(text), *QUOTE.findall(text)})


def table(docs: Path) -> list[str]:
    """La tabla, en reStructuredText, con una fila por página que usa algún módulo."""
    lines = [".. list-table::", "   :header-rows: 1", "   :widths: 30 70", ""]
    lines += ["   * - Página", "     - Módulos"]
    for page in published(docs):
        if modules := shown(page.read_text(encoding="utf-8")):
            name = page.relative_to(docs).with_suffix("").as_posix()
            lines += [f"   * - :doc:`/{name}`", f"     - {', '.join(f'``{module}``' for module in modules)}"]
    return lines


class ModuleTable(SphinxDirective):
    """Escribe la tabla; la página que la muestra se lee en cada construcción."""

    def run(self) -> list[nodes.Node]:
        """Lee las páginas y compone la tabla."""
        self.env.note_reread()
        return self.parse_text_to_nodes("\n".join(table(Path(self.env.srcdir))))


def setup(app: Sphinx) -> dict[str, bool]:
    """Registra la directiva."""
    app.add_directive("module-table", ModuleTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
