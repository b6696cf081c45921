"""Directiva `source`: cita una función de su fuente, sin el docstring, que el texto de la página ya explica.

```{source} siguiente.language_models.prediction.next_logprobs
```
"""

import ast
import textwrap
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def find(name: str) -> tuple[Path, str]:
    """Archivo del módulo de un objeto y nombre del objeto dentro de él."""
    module, _, target = name.rpartition(".")
    if module.rpartition(".")[2][:1].isupper():  # un método: el módulo es el de su clase
        module, _, owner = module.rpartition(".")
        target = f"{owner}.{target}"
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ValueError(f"no existe el módulo «{module}»")
    return Path(spec.origin), target


def body(text: str, target: str) -> str:
    """Código de una función, una clase o un método de un módulo, sin su docstring.

    >>> print(body("def f(x):\\n    'Duplica.'\\n    return 2 * x\\n", "f"))
    def f(x):
        return 2 * x
    """
    owner, _, name = target.rpartition(".")
    scopes = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef) and node.name == owner]
    for node in scopes[0].body if scopes else ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            lines = text.splitlines()
            head, *_ = node.body
            skipped = range(0)
            if ast.get_docstring(node) is not None:
                skipped = range(head.lineno, (head.end_lineno or head.lineno) + 1)
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            kept = [lines[n - 1] for n in range(first, (node.end_lineno or first) + 1) if n not in skipped]
            return textwrap.dedent("\n".join(line for line in kept if line.strip()))
    raise ValueError(f"no define «{target}»")


class Source(SphinxDirective):
    """Muestra el código de una función del paquete tal como se prueba."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        """Lee la función y anota su archivo, para que un cambio rehaga la página."""
        name = self.arguments[0]
        try:
            file, target = find(name)
            code = body(file.read_text("utf-8"), target)
        except (ValueError, ModuleNotFoundError) as error:
            raise self.error(f"No se puede citar «{name}»: {error}.") from error
        self.env.note_dependency(str(file))
        block = nodes.literal_block(code, code, language="python", classes=["quoted-source"])
        return [block]


def setup(app: Sphinx) -> dict[str, bool]:
    """Registra la directiva."""
    app.add_directive("source", Source)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
