"""Qué archivos son páginas, y cuáles se revisan."""

from pathlib import Path

from building.files import files

HIDDEN = {"hide-input", "hide-cell", "remove-input", "remove-cell"}


def generated(path: Path) -> bool:
    """Dice si una página la escribe Sphinx a partir del código."""
    return path.parent.parts[-2:] == ("api", "siguiente")


def published(docs: Path) -> list[Path]:
    """Las páginas que se publican de una carpeta: las que no están en otra que empiece por `_`."""
    pages = [path for path in files(docs, ".md", ".rst") if not generated(path)]
    return sorted(p for p in pages if not any(part.startswith("_") for part in p.relative_to(docs).parts))


def proofread(root: Path) -> list[Path]:
    """Lo que se revisa: las páginas, los documentos de la raíz y los docstrings de todo el código."""
    found = [*root.glob("[!.]*.md"), *root.glob("[!.]*.py"), *files(root / "docs", ".md", ".rst", ".py")]
    found += files(root / "src", ".py")
    return sorted(path for path in found if not generated(path))
