"""Los archivos de una carpeta y un resumen de cómo están, que cambia si cambia alguno."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path


def files(folder: Path, *suffixes: str) -> Iterator[Path]:
    """Los archivos de una carpeta, todos o los de unas extensiones, sin lo construido ni lo ajeno."""
    for path in folder.rglob("*"):
        wanted = not suffixes or path.suffix in suffixes
        if wanted and not any(is_foreign(part) for part in path.relative_to(folder).parts) and path.is_file():
            yield path


def is_foreign(part: str) -> bool:
    """Dice si una parte de una ruta es de lo construido, o de otro programa (`.ipynb_checkpoints`)."""
    return part.startswith(".") or part in ("_build", "__pycache__")


def summary(facts: Iterable[str], found: Iterable[Path]) -> str:
    """Resume unos textos y, de unos archivos, el tamaño y el momento."""
    stats = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in found]
    return hashlib.sha256(json.dumps([*facts, sorted(stats)]).encode()).hexdigest()
