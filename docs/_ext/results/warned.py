"""Extensión de Sphinx: una advertencia no se olvida.

Con `-W` una construcción que advierte falla; pero Sphinx ya ha guardado las páginas como leídas y la
siguiente, sin cambiar nada, pasaría. Aquí las páginas que advirtieron se leen otra vez.
"""

import json
import logging
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.logging import NAMESPACE, get_node_location, is_suppressed_warning

EVERYWHERE = "*"


class Listener(logging.Handler):
    """Anota la página de cada advertencia que no esté suprimida."""

    def __init__(self, app: Sphinx) -> None:
        super().__init__(logging.WARNING)
        self.app = app
        self.pages: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Anota una advertencia; sin lugar conocido, cuenta para todas las páginas."""
        kind, subkind = getattr(record, "type", ""), getattr(record, "subtype", "")
        if not is_suppressed_warning(kind or "", subkind or "", self.app.config.suppress_warnings):
            self.pages.add(page_of(self.app, getattr(record, "location", None)))


class OnlyPages(logging.Filter):
    """Calla las advertencias de las páginas que no se pidieron y de las que se detuvieron.

    No se olvidan: la próxima construcción entera vuelve a leer esas páginas. De una página que se detuvo
    ya se dice por qué; lo que le falta es consecuencia.
    """

    def __init__(self, app: Sphinx) -> None:
        super().__init__()
        self.app = app

    def filter(self, record: logging.LogRecord) -> bool:
        """Deja pasar lo que no es una advertencia, lo de las páginas pedidas y lo que no tiene lugar."""
        if record.levelno != logging.WARNING:
            return True
        page = page_of(self.app, getattr(record, "location", None))
        asked = {*filter(None, self.app.config.execution_only.split(",")), EVERYWHERE}
        if page in failed_pages(self.app) or (failed_pages(self.app) and is_missing_glue(record)):
            return False
        return len(asked) == 1 or page in asked


def is_missing_glue(record: logging.LogRecord) -> bool:
    """Dice si una advertencia es de un número pegado que falta."""
    return getattr(record, "type", "") == "mystnb" and getattr(record, "subtype", "") == "glue"


def failed_pages(app: Sphinx) -> set[str]:
    """Las páginas que se detuvieron al ejecutarse."""
    plan = getattr(app.env, "execution_plan", {})
    return {page for page, entry in plan.items() if entry["failed"]}


def page_of(app: Sphinx, location: Any) -> str:
    """Página a la que se refiere el lugar de una advertencia."""
    if isinstance(location, nodes.Node):
        location = get_node_location(location)
    elif isinstance(location, tuple):
        location = location[0]
    if not location:
        return EVERYWHERE
    if location in app.env.found_docs:
        return str(location)
    return app.env.path2doc(str(location).split(":")[0]) or EVERYWHERE


def record_path(app: Sphinx) -> Path:
    """Archivo con las páginas que advirtieron."""
    return Path(app.doctreedir) / f"warned-{app.builder.name}.json"


def warned_before(app: Sphinx) -> set[str]:
    """Páginas que advirtieron y no se han leído bien después."""
    path = record_path(app)
    return set(json.loads(path.read_text("utf8"))) if path.is_file() else set()


def read_again(app: Sphinx, env: BuildEnvironment, *_: set[str]) -> set[str]:
    """Pide leer otra vez las páginas que advirtieron."""
    before = warned_before(app)
    return set(env.found_docs) if EVERYWHERE in before else before


def note_read(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Anota las páginas que se van a leer: sus advertencias anteriores ya no cuentan."""
    app.siguiente_read = set(docnames)  # type: ignore[attr-defined]


def listen(app: Sphinx) -> None:
    """Empieza a escuchar las advertencias."""
    for handler in logging.getLogger(NAMESPACE).handlers:
        handler.filters.insert(0, OnlyPages(app))  # antes que los de Sphinx, que las cuentan
    app.siguiente_listener = Listener(app)  # type: ignore[attr-defined]
    logging.getLogger(NAMESPACE).addHandler(app.siguiente_listener)  # type: ignore[attr-defined]


def keep_warned(app: Sphinx, exception: Exception | None) -> None:
    """Guarda las páginas que advirtieron ahora, y las de antes que no se han vuelto a leer."""
    if app.env is None or not hasattr(app, "siguiente_listener"):
        return
    read: set[str] = set() if exception else getattr(app, "siguiente_read", set())
    before = warned_before(app) - read
    if read >= set(app.env.found_docs):
        before.discard(EVERYWHERE)
    record_path(app).write_text(json.dumps(sorted(before | app.siguiente_listener.pages)), "utf8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Instala la extensión."""
    app.connect("builder-inited", listen)
    app.connect("env-get-outdated", read_again)
    app.connect("env-before-read-docs", note_read, priority=900)
    app.connect("build-finished", keep_warned, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
