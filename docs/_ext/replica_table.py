"""La tabla de réplicas: cuántas veces se cumplió cada afirmación con otras semillas y otra aritmética."""

import json
from dataclasses import dataclass
from pathlib import Path

from siguiente.plots.numbers import significant


@dataclass(frozen=True)
class Replicas:
    """Lo que dieron las réplicas de una afirmación."""

    kind: str
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

        >>> Replicas("effect", 7, 7, 0.8, stale=False).told()
        '7 de 7, holgura 0,8'
        >>> Replicas("effect", 7, 7, 0.8, stale=True).told()
        'caducadas'
        """
        if self.stale:
            return "caducadas"
        slack = "" if self.slack is None else f", holgura {significant(self.slack, 2)}"
        return f"{self.met} de {self.replicas}{slack}"


def replicas(path: Path) -> dict[str, dict[str, Replicas]]:
    """Lee la tabla: por página y por frase; vacía si todavía no hay archivo."""
    if not path.is_file():
        return {}
    pages = json.loads(path.read_text("utf8"))["pages"]
    return {
        page: {sentence: Replicas(**facts) for sentence, facts in of["claims"].items()}
        for page, of in pages.items()
    }
