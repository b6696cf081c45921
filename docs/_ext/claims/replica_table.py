"""La tabla de réplicas: cuántas veces se cumplió cada afirmación con otras semillas y otra aritmética."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claims.replica_digest import computation, statements
from nbdeps.digest import read_notebook
from siguiente.course.report.numbers import significant

TABLE = "reference/replicas.json"


@dataclass(frozen=True)
class Replicas:
    """Lo que dieron las réplicas de una afirmación."""

    replicas: int
    """Cuántas veces se repitió."""
    met: int
    """En cuántas se cumplió."""
    slack: float | None
    """Lo menos que sobró, en márgenes; `None` si no hay margen."""
    stale: bool
    """Si la página ha cambiado desde entonces."""

    def told(self) -> str:
        """Lo dice en pocas palabras.

        >>> Replicas(7, 7, 0.8, stale=False).told(), Replicas(7, 7, 0.8, stale=True).told()
        ('7 de 7, holgura 0,8', 'caducadas')
        """
        if self.stale:
            return "caducadas"
        slack = "" if self.slack is None else f", holgura {significant(self.slack, 2)}"
        return f"{self.met} de {self.replicas}{slack}"


def replicas(docs: Path) -> dict[str, dict[str, Replicas]]:
    """Lee la tabla: por página y por frase; vacía si todavía no hay archivo."""
    path = docs / TABLE
    pages = json.loads(path.read_text("utf8"))["pages"] if path.is_file() else {}
    return {page: of_page(row, docs / f"{page}.md") for page, row in pages.items()}


def of_page(row: dict[str, Any], path: Path) -> dict[str, Replicas]:
    """Las réplicas de una página; caducan con lo que sus celdas calculan y con lo que cada frase compara."""
    notebook = read_notebook(path.read_text("utf8")) if path.is_file() else None
    cells = notebook.cells if notebook else []
    same, digests = computation(cells) == row["cells"], {made.digest for made in statements(cells)}
    made = {}
    for sentence, facts in row["claims"].items():
        stale = not same or facts["statement"] not in digests
        made[sentence] = Replicas(len(row["variants"]), facts["met"], facts["slack"], stale)
    return made
