"""Soluciones plegadas: las de la clase `dropdown` se abren con un clic, sin JavaScript."""

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator
from sphinx_exercise.nodes import depart_solution_node, solution_node, visit_solution_node


def visit_solution(self: HTML5Translator, node: nodes.Element) -> None:
    """Abre una solución; si va plegada, su título es lo único que se ve."""
    if "dropdown" not in node["classes"]:
        visit_solution_node(self, node)
        return
    # La traducción de sphinx-exercise olvida el artículo.
    title = node.pop(0).astext().replace("Solución a Ejercicio", "Solución al ejercicio")
    self.body.append(self.starttag(node, "details", CLASS="admonition"))
    self.body.append(f'<summary class="admonition-title">{escape(title)}</summary>\n')


def depart_solution(self: HTML5Translator, node: nodes.Element) -> None:
    """Cierra lo que se abrió."""
    if "dropdown" not in node["classes"]:
        depart_solution_node(self, node)
        return
    self.body.append("</details>\n")


def setup(app: Sphinx) -> dict[str, Any]:
    """Sustituye la manera de escribir una solución en HTML."""
    app.setup_extension("sphinx_exercise")
    app.add_node(solution_node, override=True, html=(visit_solution, depart_solution))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
