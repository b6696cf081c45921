"""La fecha del pie: la de los textos, no la del reloj, para que dos construcciones den lo mismo."""

import os
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from babel.dates import format_date
from sphinx.application import Sphinx


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
    """Da la fecha que se muestra si nadie pone otra."""
    return in_spanish(source_date(Path(__file__).parent))


def add_date(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Ofrece `build_date` a las plantillas."""
    context["build_date"] = app.config.build_date


def setup(app: Sphinx) -> dict[str, Any]:
    """Registra la fecha como ajuste: si cambia, se reescriben las páginas."""
    app.add_config_value("build_date", lambda config: date_shown(), "html", frozenset({str}))
    app.connect("html-page-context", add_date)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
