"""Los campos de un docstring, en español, sin lo que Python pone donde no hay nada."""

import re
from typing import Any

from sphinx.application import Sphinx

# Posterior a napoleon, que es quien escribe el campo.
AFTER_NAPOLEON = 900
FIELD = re.compile(r"^(\s+):type: ")
ALIAS = re.compile(r"Alias for field number \d+")


def translate(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Cambia el nombre del campo en un docstring ya convertido."""
    lines[:] = [FIELD.sub(r"\1:Tipo: ", line) for line in lines if not ALIAS.fullmatch(line)]


def setup(app: Sphinx) -> dict[str, Any]:
    """Conecta el cambio con quien lee los docstrings."""
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", translate, priority=AFTER_NAPOLEON)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
