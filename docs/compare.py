"""Compara lo que dicen las páginas de dos construcciones: `python docs/compare.py --help` dice cómo.

Para reescribir código sin cambiar el curso: copie antes `docs/_build/execution/pages` y compare después.
"""

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS / "_ext"))

from claims.claim_text import claims  # noqa: E402
from linting.pages import HIDDEN  # noqa: E402
from nbdeps.store import NotebookStore  # noqa: E402

EXECUTED = DOCS / "_build" / "execution" / "pages"
SVG, GLUED = "image/svg+xml", "application/papermill.record/text/plain"


def said(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """Lo que un cuaderno afirmó, con nueve cifras: las últimas dependen de la memoria."""
    return [
        {name: float(f"{value:.9g}") if isinstance(value, float) else value for name, value in claim.items()}
        if claim["kind"] != "identity"
        else {"sentence": claim["sentence"], "met": claim["met"]}
        for claim in claims(notebook)
    ]


def claimed(notebook: dict[str, Any]) -> Counter[str]:
    """Cada afirmación de un cuaderno, escrita."""
    return Counter(json.dumps(claim, sort_keys=True, ensure_ascii=False) for claim in said(notebook))


def glued(notebook: dict[str, Any]) -> Counter[str]:
    """Los números que un cuaderno pega en la prosa, con su nombre."""
    found = (o for o in outputs(notebook["cells"]) if GLUED in o.get("data", {}))
    return Counter(f"{o['metadata']['scrapbook']['name']} = {text(o['data'][GLUED])}" for o in found)


def numbers(notebook: dict[str, Any]) -> Counter[str]:
    """Las palabras con cifras de las tablas y los textos que se ven: de una columna o de dos, da igual."""
    visible = [cell for cell in notebook["cells"] if not HIDDEN & set(cell["metadata"].get("tags", []))]
    shown = (shown_text(output) for output in outputs(visible))
    words = (word.strip("()\\,;:") for part in shown for word in part.replace("\\", "").split())
    return Counter(word for word in words if any(c.isdigit() for c in word))


def figures(notebook: dict[str, Any]) -> Counter[str]:
    """Un resumen de cada figura."""
    drawn = (text(o["data"][SVG]) for o in outputs(notebook["cells"]) if SVG in o.get("data", {}))
    return Counter(f"figura {hashlib.sha256(svg.encode()).hexdigest()[:8]}" for svg in drawn)


def outputs(cells: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Los resultados de unas celdas, en orden."""
    return (output for cell in cells for output in cell.get("outputs", []))


def shown_text(output: dict[str, Any]) -> str:
    """El texto de un resultado: Markdown si lo hay; de las afirmaciones, nada."""
    data = output.get("data", {})
    plain = text(data.get("text/markdown", data.get("text/plain", output.get("text", ""))))
    return "" if GLUED in data or plain.startswith(("Claim(", "CloseClaim(")) else plain


def text(lines: str | list[str]) -> str:
    """Un texto guardado entero o por líneas."""
    return lines if isinstance(lines, str) else "".join(lines)


ASPECTS = {"afirma": claimed, "pega": glued, "enseña": numbers, "dibuja": figures}


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Lo que un cuaderno dejó de decir (−) y lo que dice de nuevo (+).

    >>> def table(words):
    ...     output = {"data": {"text/markdown": words}}
    ...     return {"cells": [{"metadata": {}, "outputs": [output]}]}
    >>> differences(table("| 1,5 | [1; 2] |"), table("| 1,5 [1; 3] |"))
    ['enseña − 2]', 'enseña + 3]']
    """
    found = []
    for name, aspect in ASPECTS.items():
        old, new = aspect(before), aspect(after)
        found += [f"{name} − {one}" for one in (old - new).elements()]
        found += [f"{name} + {one}" for one in (new - old).elements()]
    return found


def compare(before: Path, after: Path, pages: Iterable[str]) -> Iterator[str]:
    """Compara el último cuaderno de cada página de dos carpetas."""
    for page in pages:
        pair = [next(iter(NotebookStore(root).notebooks(page)), None) for root in (before, after)]
        if not all(pair):
            yield f"{page}: falta en una de las dos"
            continue
        for change in differences(*(json.loads(path.read_text("utf8")) for path in pair if path)):
            yield f"{page}: {change}"


def main() -> int:
    """Escribe las diferencias; sale con 1 si las hay."""
    parser = argparse.ArgumentParser(prog="nox -s compare --", description="Compara dos construcciones.")
    parser.add_argument("before", type=Path, help="copia de docs/_build/execution/pages")
    parser.add_argument("page", nargs="*", help="las páginas; sin ninguna, todas las de la copia")
    parser.add_argument("--after", type=Path, default=EXECUTED, help="la otra carpeta")
    options = parser.parse_args()
    if not options.before.is_dir():
        sys.exit(f"No existe la carpeta «{options.before}»: dé una copia de docs/_build/execution/pages.")
    pages = options.page or sorted(
        {p.parent.relative_to(options.before).as_posix() for p in options.before.rglob("*.ipynb")}
    )
    found = list(compare(options.before, options.after, pages))
    sys.stdout.writelines(f"{line}\n" for line in found)
    sys.stdout.write(f"{len(found)} diferencias en {len(pages)} páginas\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
