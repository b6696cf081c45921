"""Revisa las páginas: estilo, ortografía y sintaxis de reStructuredText. Sale con error si hay faltas."""

import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parent
ROOT = DOCS.parent
sys.path.insert(0, str(DOCS / "_ext"))

from linting.page_lint import check_all  # noqa: E402
from linting.pages import published  # noqa: E402
from linting.spelling import WORDS, misspelled, proofread, read_words  # noqa: E402


def report() -> list[str]:
    """Reúne las faltas de estilo y de ortografía, cada una con su archivo y su línea."""
    style = [(one.path, one.line, one.message) for one in check_all(DOCS)]
    spelling = [
        (one.path, one.line, f"«{one.word}» no está en el diccionario ni en {WORDS.relative_to(ROOT)}")
        for one in misspelled(proofread(ROOT), read_words(WORDS))
    ]
    return [
        f"{path.relative_to(ROOT).as_posix()}:{line}: {what}" for path, line, what in sorted(style + spelling)
    ]


def main() -> int:
    """Escribe las faltas y devuelve el estado de salida."""
    faults = report()
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    pages = [str(path) for path in published(DOCS) if path.suffix == ".rst"]
    syntax = subprocess.run([sys.executable, "-m", "sphinxlint", *pages])
    sys.stdout.write(f"{len(faults)} faltas de estilo u ortografía\n")
    return int(bool(faults) or syntax.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
