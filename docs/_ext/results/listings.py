"""Extensión de Sphinx: lo que una página muestra de las demás.

Una directiva que enumera algo de todas se escribe cuando todas se han leído. Sphinx escribe solo lo que ha
leído: esas páginas, y las que pegan un número de otra, se escriben siempre.
"""

from collections.abc import Callable
from typing import Any

from docutils import nodes
from myst_nb.ext.glue.utils import PendingGlueReference
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

SHOWN = "shown"  # se anota, entre los metadatos de una página, si muestra algo de otras
# Qué escribe cada directiva en una página.
WRITERS: dict[str, Callable[[Sphinx, str], list[nodes.Node]]] = {}


class listing(nodes.General, nodes.Element):  # noqa: N801
    """Lugar de lo que una directiva enumera."""


class Listing(SphinxDirective):
    """Deja el lugar."""

    def run(self) -> list[nodes.Node]:
        """Devuelve el lugar, con el nombre de la directiva."""
        return [listing("", name=self.name)]


class WriteListings(SphinxPostTransform):
    """Escribe lo que falta, antes de que los pliegues tomen su forma en HTML."""

    default_priority = 100

    def run(self, **kwargs: Any) -> None:
        """Sustituye cada lugar por lo que su directiva enumera."""
        for place in list(self.document.findall(listing)):
            place.replace_self(WRITERS[place["name"]](self.app, self.env.docname))


def note(app: Sphinx, doctree: nodes.document) -> None:
    """Anota si la página recién leída muestra algo de otras."""
    if any(isinstance(node, listing | PendingGlueReference) for node in doctree.findall()):
        app.env.metadata[app.env.docname][SHOWN] = True


def write_again(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Páginas que muestran algo de otras."""
    return [name for name, facts in env.metadata.items() if SHOWN in facts]


def add_listing(app: Sphinx, name: str, write: Callable[[Sphinx, str], list[nodes.Node]]) -> None:
    """Registra una directiva que enumera algo de todas las páginas."""
    app.setup_extension("results.listings")
    app.add_directive(name, Listing)
    WRITERS[name] = write


def setup(app: Sphinx) -> dict[str, Any]:
    """Instala la extensión."""
    app.add_node(listing)
    app.add_post_transform(WriteListings)
    app.connect("doctree-read", note)
    app.connect("env-get-updated", write_again)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
