"""Extensión de Sphinx: una advertencia no se olvida.

Con `-W` una construcción que advierte falla; pero Sphinx ya ha guardado las páginas como leídas y la
siguiente, sin cambiar nada, pasaría. Aquí se olvidan las páginas que advirtieron, y se leen otra vez.
"""

import logging
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.logging import NAMESPACE, get_node_location

EVERYWHERE = "*"


class Warned(logging.Filter):
    """Anota la página de cada advertencia, y calla las de las páginas que no se pidieron o se detuvieron.

    Las calladas no se olvidan: la próxima construcción entera vuelve a leer esas páginas. De una página que
    se detuvo ya se dice por qué; lo que le falta es consecuencia.
    """

    def __init__(self, app: Sphinx) -> None:
        super().__init__()
        self.app = app
        self.asked = set(filter(None, app.config.execution_only.split(",")))
        plan = app.env.execution_plan  # type: ignore[attr-defined]
        self.failed = {page for page, entry in plan.items() if entry["failed"]}
        self.pages: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Deja pasar lo que no es una advertencia, lo de las páginas pedidas y lo que no tiene lugar."""
        if record.levelno < logging.WARNING:
            return True
        page = page_of(self.app, getattr(record, "location", None))
        self.pages.add(page)
        if record.levelno > logging.WARNING:
            return True
        pasted = (getattr(record, "type", ""), getattr(record, "subtype", "")) == ("mystnb", "glue")
        if page in self.failed or (self.failed and pasted):
            return False
        return not self.asked or page in self.asked | {EVERYWHERE}


def page_of(app: Sphinx, location: Any) -> str:
    """Página a la que se refiere el lugar de una advertencia; sin lugar conocido, todas."""
    if isinstance(location, nodes.Node):
        location = get_node_location(location)
    elif isinstance(location, tuple):
        location = location[0]
    if not location:
        return EVERYWHERE
    if location in app.env.found_docs:
        return str(location)
    return app.env.path2doc(str(location).split(":")[0]) or EVERYWHERE


def listen(app: Sphinx) -> None:
    """Empieza a escuchar las advertencias, antes que los filtros de Sphinx, que las cuentan."""
    app.siguiente_warned = Warned(app)  # type: ignore[attr-defined]
    for handler in logging.getLogger(NAMESPACE).handlers:
        handler.filters.insert(0, app.siguiente_warned)  # type: ignore[attr-defined]


def forget(app: Sphinx, exception: Exception | None) -> None:
    """Olvida las páginas que advirtieron: sin lo que guardó de ellas, Sphinx las leerá otra vez.

    Sin resultados advierten todas, y a quien escribe prosa no le importa.
    """
    if app.config.execution_off or not hasattr(app, "siguiente_warned"):
        return
    pages = app.siguiente_warned.pages
    for page in app.env.found_docs if EVERYWHERE in pages else pages:
        Path(app.doctreedir, f"{page}.doctree").unlink(missing_ok=True)


def setup(app: Sphinx) -> dict[str, Any]:
    """Instala la extensión; escucha cuando ya se ha leído el plan."""
    app.connect("builder-inited", listen, priority=700)
    app.connect("build-finished", forget, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
