"""Si no cambió nada de lo que decide el sitio, ni el sitio, componerlo daría lo mismo: se deja como está."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from siguiente.runtime.recipe import versions_key
from spanish.build_date import date_shown


def state(command: Sequence[str], docs: Path, out: Path) -> str:
    """Resume una orden de Sphinx, lo que lee y lo que escribió: de los archivos, el tamaño y el momento."""
    read = [*files(docs), *files(docs.parent / "src"), *docs.parent.glob("*.md"), out / "execution/plan.json"]
    found = [file for file in (*read, *files(Path(command[-1]))) if file.is_file()]
    facts = [(str(file), (stat := file.stat()).st_size, stat.st_mtime_ns) for file in found]
    described = json.dumps([*command, versions_key(), date_shown(), sorted(facts)])
    return hashlib.sha256(described.encode()).hexdigest()


def files(folder: Path) -> Iterator[Path]:
    """Los archivos de una carpeta, sin lo construido, lo oculto ni lo compilado."""
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if not any(part.startswith(".") or part in ("_build", "__pycache__") for part in parts):
            yield path


def is_current(command: Sequence[str], docs: Path, out: Path) -> bool:
    """Dice si el sitio es el que daría la orden."""
    record = out / "composed.sha256"
    return record.is_file() and record.read_text("utf8") == state(command, docs, out)


def settle(code: int, command: Sequence[str], docs: Path, out: Path) -> int:
    """Anota cómo quedó un sitio que salió bien; devuelve el código con que acabó la orden."""
    record = out / "composed.sha256"
    record.unlink(missing_ok=True)
    if code == 0:
        record.write_text(state(command, docs, out), "utf8")
    return code
