"""La memoria que se puede ocupar en este equipo."""

from pathlib import Path

import psutil

SPARE = 500_000_000  # bytes que se dejan a los demás programas


def free_memory() -> float:
    """Memoria que se puede ocupar, en bytes: la del sistema o, si es menor, la del contenedor."""
    return max(0, min(psutil.virtual_memory().available, container_memory()) - SPARE)


def container_memory(root: Path = Path("/sys/fs/cgroup")) -> float:
    """Lo que queda de la memoria concedida a un contenedor de Linux; sin límite, infinito."""
    try:
        limit = (root / "memory.max").read_text("ascii").strip()
        stat = dict(line.split() for line in (root / "memory.stat").read_text("ascii").splitlines())
        # Los archivos leídos hace tiempo se sueltan en cuanto hace falta: cuentan como libres.
        used = int((root / "memory.current").read_text("ascii")) - int(stat["inactive_file"])
        return float("inf") if limit == "max" else int(limit) - used
    except (OSError, ValueError, KeyError):
        return float("inf")
