"""Los cuadernos ya ejecutados: uno por página y por huella, hasta que dejan de hacer falta."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from page_run import Outcome

from siguiente.runtime.store import write_atomically

KEPT = 4  # los últimos de cada página: deshacer un cambio no la ejecuta otra vez
CLAIM = "application/vnd.siguiente.claim+json"
FACTS = ("day", "seconds", "cpu", "memory", "processor", "failed", "detail")


@dataclass(frozen=True)
class NotebookStore:
    """Una carpeta con los cuadernos de las páginas, con sus resultados.

    Parameters
    ----------
    root : Path
        La carpeta; dentro hay una por página.
    """

    root: Path

    def path(self, page: str, digest: str) -> Path:
        """Lugar del cuaderno de una página con una huella."""
        return self.root.joinpath(*page.split("/"), f"{digest}.ipynb")

    def keep(self, page: str, digest: str, outcome: Outcome) -> None:
        """Guarda lo que salió de una página y olvida lo más viejo."""
        path, notebook = self.path(page, digest), json.loads(outcome.notebook)
        facts = asdict(outcome)
        notebook["metadata"]["siguiente"] = {name: facts[name] for name in FACTS} | {"unmet": unmet(notebook)}
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(notebook, ensure_ascii=False))
        for old in self.notebooks(page)[KEPT:]:
            old.unlink(missing_ok=True)

    def notebooks(self, page: str) -> list[Path]:
        """Los cuadernos que hay de una página, del más nuevo al más viejo."""
        found = self.root.joinpath(*page.split("/")).glob("[0-9a-f]*.ipynb")
        return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)

    def is_fresh(self, page: str, digest: str) -> bool:
        """Dice si una página ya se ejecutó con esta huella, hasta el final."""
        facts = self.facts(self.path(page, digest))
        return facts is not None and facts["failed"] is None

    def facts(self, path: Path) -> dict[str, Any] | None:
        """Lo que costó un cuaderno guardado; `None` si falta o está dañado."""
        try:
            facts = json.loads(path.read_text("utf8"))["metadata"]["siguiente"]
            return dict(facts) if set(FACTS) <= set(facts) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None


def unmet(notebook: dict[str, Any]) -> list[str]:
    """Las frases que no se cumplieron, con sus números."""
    return [told(claim) for claim in claims(notebook) if not claim["met"]]


def claims(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """Las afirmaciones que un cuaderno ejecutado dejó anotadas, en orden."""
    found = (output.get("data", {}) for cell in notebook["cells"] for output in cell.get("outputs", []))
    return [data[CLAIM] for data in found if CLAIM in data]


def told(claim: dict[str, Any]) -> str:
    """Una afirmación con sus números, en una línea."""
    if claim["relation"] == "<":
        numbers = f"{claim['larger']} no supera a {claim['smaller']} en {claim['margin']}"
    else:
        numbers = f"{claim['value']} dista de {claim['expected']} más de {claim['tolerance']}"
    return f"«{claim['sentence']}»: {numbers}."
