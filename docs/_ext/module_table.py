"""Escribe en ARCHITECTURE.md la tabla de qué página enseña qué módulo."""

import re
import sys
from pathlib import Path

from pages import published

ROOT = Path(__file__).resolve().parents[2]
START, END = "<!-- tabla: comienzo -->\n", "<!-- tabla: final -->"
IMPORT = re.compile(r"^\s*(?:>>> )?(?:from|import) (siguiente\.[\w.]+)", re.MULTILINE)
QUOTE = re.compile(r"(?:\{source\}|\.\. source::) (siguiente[\w.]*)\.\w+")


def shown(text: str) -> list[str]:
    """Módulos que una página importa en sus celdas y ejemplos, o cita de su fuente.

    >>> shown("from siguiente.data.tweets import load_tweets")
    ['siguiente.data.tweets']
    """
    return sorted({*IMPORT.findall(text), *QUOTE.findall(text)})


def table(docs: Path) -> str:
    """La tabla, en Markdown, con una fila por página que enseña algún módulo."""
    rows = {page.relative_to(docs): shown(page.read_text(encoding="utf-8")) for page in published(docs)}
    lines = [
        f"| `{page}` | {', '.join(f'`{m}`' for m in modules)} |" for page, modules in rows.items() if modules
    ]
    return "\n".join(["| Página | Módulos |", "|---|---|", *lines, ""])


def updated(architecture: str, docs: Path) -> str:
    """Devuelve el texto de ARCHITECTURE.md con la tabla al día."""
    before, _, rest = architecture.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{table(docs)}\n{END}{after}"


if __name__ == "__main__":
    file = ROOT / "ARCHITECTURE.md"
    file.write_text(updated(file.read_text(encoding="utf-8"), ROOT / "docs"), encoding="utf-8")
    sys.stdout.write(f"Tabla escrita en {file.name}.\n")
