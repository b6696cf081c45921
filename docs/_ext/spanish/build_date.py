"""La fecha del pie: la de los textos, no la del reloj, para que dos construcciones den lo mismo."""

import os
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

from babel.dates import format_date


def source_date(root: Path) -> date | None:
    """Devuelve la fecha de `SOURCE_DATE_EPOCH` o la del último *commit*; sin ninguna, `None`."""
    stamp = os.environ.get("SOURCE_DATE_EPOCH") or last_commit(root)
    return datetime.fromtimestamp(int(stamp), UTC).date() if stamp else None


def last_commit(root: Path) -> str:
    """Devuelve el instante del último *commit* en segundos, o una cadena vacía si no hay repositorio."""
    try:
        command = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def in_spanish(day: date | None) -> str:
    """Escribe una fecha como «22 de noviembre de 2026»; sin fecha, una cadena vacía."""
    return format_date(day, "d 'de' MMMM 'de' y", locale="es") if day else ""


def date_shown() -> str:
    """Da la fecha que se muestra en el pie."""
    return in_spanish(source_date(Path(__file__).parent))
