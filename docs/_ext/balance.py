"""Extensión de Sphinx: reparte entre los procesos las páginas que se ejecutan.

Sphinx lee en paralelo tandas de páginas seguidas en orden alfabético, y las que más tardan suelen ir
juntas. Aquí se ordenan para que cada proceso reciba una parte parecida del trabajo.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from execution import work_folder
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.parallel import make_chunks

UNKNOWN = 60.0


def balanced(
    names: Iterable[str], seconds: Mapping[str, float], sizes: Sequence[int], workers: int
) -> list[str]:
    """Ordena las páginas en tandas de tamaño fijo; las costosas, entre las primeras tandas.

    >>> balanced("abcdef", {"a": 5, "b": 4, "c": 3}, sizes=[2, 2, 2], workers=2)
    ['a', 'd', 'b', 'c', 'e', 'f']
    """
    batches: list[list[str]] = [[] for _ in sizes]
    loads = [0.0] * len(sizes)
    for name in sorted(names, key=lambda name: (-seconds.get(name, 0), name)):
        free = [index for index, size in enumerate(sizes) if len(batches[index]) < size]
        chosen = min(free, key=lambda index: (index >= workers, loads[index], index))
        batches[chosen].append(name)
        loads[chosen] += seconds.get(name, 0)
    return [name for batch in batches for name in batch]


def expected_seconds(app: Sphinx, names: Iterable[str]) -> dict[str, float]:
    """Lo que tardará cada página que se ejecuta: lo mismo que la última vez."""
    runs = work_folder(app) / "runs"
    found = {}
    for name in names:
        page, report = app.env.doc2path(name), runs / f"{name.replace('/', '-')}.json"
        if page.suffix == ".md" and "{code-cell}" in page.read_text("utf8"):
            found[name] = json.loads(report.read_text("utf8"))["cpu"] if report.is_file() else UNKNOWN
    return found


def reorder(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Cambia el orden en que se leen las páginas."""
    sizes = [len(chunk) for chunk in make_chunks(docnames, app.parallel)] if app.parallel > 1 else []
    if len(sizes) > 1:
        docnames[:] = balanced(docnames, expected_seconds(app, docnames), sizes, app.parallel)


def setup(app: Sphinx) -> dict[str, Any]:
    """Instala la extensión, después de que otras quiten páginas de la lista."""
    app.connect("env-before-read-docs", reorder, priority=800)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
