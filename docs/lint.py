"""Revisa las páginas: estilo, ortografía y sintaxis de reStructuredText. Sale con error si hay faltas."""

import gc
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parent
ROOT = DOCS.parent
sys.path.insert(0, str(DOCS / "_ext"))

from linting.page_lint import check_all  # noqa: E402
from linting.pages import published  # noqa: E402


def main() -> int:
    """Escribe las faltas, cada una con su archivo y su línea, y devuelve el estado de salida."""
    gc.disable()  # lo leído cabe en la memoria, y buscar basura en ello era la cuarta parte del tiempo
    pages = [str(path) for path in published(DOCS) if path.suffix == ".rst"]
    syntax = subprocess.Popen([sys.executable, "-m", "sphinxlint", *pages])
    faults = check_all(ROOT)
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    sys.stdout.write(f"{len(faults)} faltas de estilo u ortografía\n")
    return int(syntax.wait() != 0 or bool(faults))


if __name__ == "__main__":
    sys.exit(main())
