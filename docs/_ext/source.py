"""Directiva `source`: cita una función de su fuente, sin el docstring, que el texto de la página ya explica.

Las líneas largas se parten, para que quepan en la columna de la página.

```{source} siguiente.language_models.scoring.next_logprobs
```
"""

import ast
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

COLUMNS = 79
LONG_TEXT = re.compile(r'(\s*f?")(.*)(".*)')
IGNORED = re.compile(r"  # (?:type: ignore|noqa).*$", re.MULTILINE)


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
    tags = ModuleAnalyzer.for_string(text, "").find_tags()
    if target not in tags:
        raise ValueError(f"no define «{target}»")
    _, first, last = tags[target]
    code = textwrap.dedent("\n".join(text.splitlines()[first - 1 : last]))
    texts = [range(one.lineno, (one.end_lineno or 0) + 1) for one in docstrings(ast.parse(code))]
    skipped = {number for numbers in texts for number in numbers}
    lines = enumerate(code.splitlines(), start=1)
    kept = [line for number, line in lines if number not in skipped and line.strip()]
    return IGNORED.sub("", "\n".join(kept))


def docstrings(node: ast.AST) -> Iterator[ast.Expr]:
    """Los docstrings de una función o de una clase y de lo que hay dentro."""
    for part in ast.walk(node):
        if isinstance(part, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(part) is not None:
            yield part.body[0]  # type: ignore[misc]


def wrapped(code: str) -> str:
    """Parte las líneas que no caben.

    >>> made = wrapped("value = call(" + "a" * 30 + ", " + "b" * 40 + ")")
    >>> [len(line) for line in made.splitlines()]
    [13, 76, 1]
    """
    if all(len(line) <= COLUMNS for line in code.splitlines()):
        return code
    command = [sys.executable, "-m", "ruff", "format", "--isolated", f"--line-length={COLUMNS}", "-"]
    made = subprocess.run(command, input=code, capture_output=True, encoding="utf8", check=True).stdout
    return "\n".join(part for line in made.rstrip().splitlines() for part in halves(line))


def halves(line: str) -> list[str]:
    """Parte por un espacio el texto que ocupa una línea demasiado larga.

    >>> [len(part) for part in halves('    "' + "dice " * 20 + '",')]
    [76, 37]
    """
    found = LONG_TEXT.match(line)
    if len(line) <= COLUMNS or found is None:
        return [line]
    start, text, end = found.groups()
    fits = (n for n in range(COLUMNS - len(start) - 1, 0, -1) if text[n - 1] == " ")
    cut = next((n for n in fits if text.count("{", 0, n) == text.count("}", 0, n)), None)
    if cut is None:
        return [line]
    return [f'{start}{text[:cut]}"', *halves(f"{start}{text[cut:]}{end}")]


class Source(SphinxDirective):
    """Muestra el código de una función del paquete tal como se prueba."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        """Lee la función y anota su archivo, para que un cambio rehaga la página."""
        name = self.arguments[0]
        try:
            file, target = find(name)
            code = wrapped(body(file.read_text("utf-8"), target))
        except (ValueError, ModuleNotFoundError) as error:
            raise self.error(f"No se puede citar «{name}»: {error}.") from error
        self.env.note_dependency(str(file))
        block = nodes.literal_block(code, code, language="python", classes=["quoted-source"])
        return [block]


def setup(app: Sphinx) -> dict[str, bool]:
    """Registra la directiva."""
    app.add_directive("source", Source)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
