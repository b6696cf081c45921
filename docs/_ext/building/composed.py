"""Si no cambió nada de lo que decide el sitio, ni el sitio, componerlo daría lo mismo: se deja como está."""

import json
from collections.abc import Sequence
from pathlib import Path

from building.files import files, summary
from linting.pages import generated
from siguiente.runtime.recipe import versions_key
from spanish.build_date import date_shown


def read_by(command: Sequence[str], docs: Path, out: Path) -> str:
    """Resume una orden de Sphinx y lo que lee; se toma antes, por si algo cambia mientras compone."""
    pages = (file for file in files(docs) if not generated(file))
    found = [*pages, *files(docs.parent / "src"), *docs.parent.glob("*.md"), *out.glob("execution/plan.json")]
    return summary([*command, versions_key(), date_shown()], found)


def state(command: Sequence[str], read: str) -> str:
    """Lo que una orden de Sphinx leyó y lo que escribió."""
    return json.dumps([read, summary([], files(Path(command[-1])))])


def is_current(command: Sequence[str], read: str, out: Path) -> bool:
    """Dice si el sitio es el que daría la orden."""
    record = out / "composed.json"
    return record.is_file() and record.read_text("utf8") == state(command, read)


def settle(code: int, command: Sequence[str], read: str, out: Path) -> int:
    """Anota cómo quedó un sitio que salió bien; devuelve el código con que acabó la orden."""
    record = out / "composed.json"
    record.unlink(missing_ok=True)
    if code == 0:
        record.write_text(state(command, read), "utf8")
    return code
