"""Si no cambió nada de lo que decide el sitio, ni el sitio, componerlo daría lo mismo: se deja como está."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from linting.pages import generated
from siguiente.runtime.recipe import versions_key
from spanish.build_date import date_shown


def read_by(command: Sequence[str], docs: Path, out: Path) -> str:
    """Resume una orden de Sphinx y lo que lee; se toma antes, por si algo cambia mientras compone."""
    pages = (file for file in files(docs) if not generated(file))
    found = [*pages, *files(docs.parent / "src"), *docs.parent.glob("*.md"), out / "execution/plan.json"]
    return summary([*command, versions_key(), date_shown()], found)


def written_by(command: Sequence[str]) -> str:
    """Resume lo que una orden de Sphinx escribió."""
    return summary([], files(Path(command[-1])))


def summary(facts: Iterable[str], found: Iterable[Path]) -> str:
    """Resume unos textos y, de unos archivos, el tamaño y el momento."""
    stats = [(str(file), (stat := file.stat()).st_size, stat.st_mtime_ns) for file in found if file.is_file()]
    return hashlib.sha256(json.dumps([*facts, sorted(stats)]).encode()).hexdigest()


def files(folder: Path) -> Iterator[Path]:
    """Los archivos de una carpeta, sin lo construido, lo oculto ni lo compilado."""
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if not any(part.startswith(".") or part in ("_build", "__pycache__") for part in parts):
            yield path


def is_current(command: Sequence[str], read: str, out: Path) -> bool:
    """Dice si el sitio es el que daría la orden."""
    record = out / "composed.json"
    return record.is_file() and record.read_text("utf8") == json.dumps([read, written_by(command)])


def settle(code: int, command: Sequence[str], read: str, out: Path) -> int:
    """Anota cómo quedó un sitio que salió bien; devuelve el código con que acabó la orden."""
    record = out / "composed.json"
    record.unlink(missing_ok=True)
    if code == 0:
        record.write_text(json.dumps([read, written_by(command)]), "utf8")
    return code
