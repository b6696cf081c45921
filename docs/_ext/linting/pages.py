"""Qué archivos son páginas, y cuáles se revisan."""

from pathlib import Path

HIDDEN = {"hide-input", "hide-cell", "remove-input", "remove-cell"}


def hidden(path: Path, root: Path) -> bool:
    """Dice si algo es de los que dejan los editores y los sistemas (`.ipynb_checkpoints`, `._página.md`)."""
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def generated(path: Path) -> bool:
    """Dice si una página la escribe Sphinx a partir del código."""
    return path.parent.parts[-2:] == ("api", "siguiente")


def ours(folder: Path, *patterns: str) -> list[Path]:
    """Los archivos de una carpeta que casan con unos patrones: ni lo construido ni lo de otros programas."""
    found = {path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}
    return sorted(
        path
        for path in found
        if not (hidden(path, folder) or generated(path) or "_build" in path.relative_to(folder).parts)
    )


def published(docs: Path) -> list[Path]:
    """Las páginas que se publican de una carpeta: las que no están en otra que empiece por `_`."""
    pages = ours(docs, "**/*.md", "**/*.rst")
    return [p for p in pages if not any(part.startswith("_") for part in p.relative_to(docs).parts)]


def proofread(root: Path) -> list[Path]:
    """Lo que se revisa: las páginas, los documentos de la raíz y los docstrings de todo el código."""
    folders = ("docs/**/*.rst", "docs/**/*.md", "docs/**/*.py", "src/**/*.py", "examples/**/*.py")
    return ours(root, "*.md", "*.py", *folders)
