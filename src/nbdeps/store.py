"""Los cuadernos ya ejecutados: uno por página y por huella, hasta que dejan de hacer falta."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nbdeps.kernel import Outcome

KEPT = 4  # los últimos de cada página: deshacer un cambio no la ejecuta otra vez
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
        notebook["metadata"]["nbdeps"] = {name: facts[name] for name in FACTS}
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps(notebook, ensure_ascii=False), "utf8")
        part.replace(path)  # quien lo lea verá el anterior o el nuevo, nunca la mitad
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
            facts = json.loads(path.read_text("utf8"))["metadata"]["nbdeps"]
            return dict(facts) if set(FACTS) <= set(facts) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None
