"""Un valor por cada página leída, que se olvida con ella y se recoge de los demás procesos."""

from collections.abc import Set
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors import EnvironmentCollector


def kept(env: BuildEnvironment, name: str) -> dict[str, Any]:
    """Los valores de un nombre, por página; se guardan con el entorno."""
    values: dict[str, Any] = env.__dict__.setdefault(name, {})
    return values


class PerPage(EnvironmentCollector):
    """Lo que se guarda con un nombre; cada clase dice qué, al leer una página."""

    name: ClassVar[str]

    def clear_doc(self, app: Sphinx, env: BuildEnvironment, docname: str) -> None:
        """Olvida una página que se va a leer de nuevo o que ya no existe."""
        kept(env, self.name).pop(docname, None)

    def merge_other(
        self, app: Sphinx, env: BuildEnvironment, docnames: Set[str], other: BuildEnvironment
    ) -> None:
        """Recoge lo que leyó otro proceso."""
        found = kept(other, self.name)
        kept(env, self.name).update({name: value for name, value in found.items() if name in docnames})

    def process_doc(self, app: Sphinx, doctree: nodes.document) -> None:
        """Guarda el valor de la página recién leída, si lo tiene."""
        if (value := self.value(app, doctree)) is not None:
            kept(app.env, self.name)[app.env.docname] = value

    def value(self, app: Sphinx, doctree: nodes.document) -> Any:
        """El valor de una página."""
        raise NotImplementedError
