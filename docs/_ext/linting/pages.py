"""Una página leída para revisarla: su texto, su prosa y sus celdas."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from linting.prose import READERS, blank

KERNELSPEC = "kernelspec: {name: python3, language: python}"
CELL = re.compile(
    r"^(?P<mark>`{3,})\{code-cell\}[^\n]*\n(?P<body>.*?)^(?P=mark)[ ]*$", re.MULTILINE | re.DOTALL
)
OPTIONS = re.compile(
    r"\A(?:---\n(?P<yaml>.*?)^---[ ]*\n|(?P<short>(?::[\w-]+:[^\n]*\n)+))", re.MULTILINE | re.DOTALL
)
DOCTEST = re.compile(r"^[ ]*>>> .*\n(?:[ ]*\S.*\n)*", re.MULTILINE)
HIDDEN = {"hide-input", "hide-cell", "remove-input", "remove-cell"}


@dataclass(frozen=True)
class Cell:
    """Una celda: la línea en que empieza su código, su código y sus opciones."""

    line: int
    source: str
    options: dict[str, Any]

    @property
    def tags(self) -> set[str]:
        """Las marcas de la celda."""
        return set(self.options.get("tags") or ())

    @property
    def visible(self) -> bool:
        """Si quien lee ve el código sin desplegar nada."""
        return not self.tags & HIDDEN


@dataclass(frozen=True)
class Page:
    """Una página de la documentación."""

    path: Path
    text: str

    @property
    def lines(self) -> list[str]:
        """Las líneas de la página."""
        return self.text.split("\n")

    @cached_property
    def prose(self) -> list[str]:
        """Las mismas líneas, solo con la prosa."""
        return READERS[self.path.suffix](self.text).split("\n")

    @cached_property
    def outside(self) -> str:
        """El texto sin las celdas ni los ejemplos, con las mismas líneas."""
        without_cells = CELL.sub(lambda match: blank(match.group()), self.text)
        return DOCTEST.sub(lambda match: blank(match.group()), without_cells)

    @cached_property
    def cells(self) -> list[Cell]:
        """Las celdas de la página, en orden."""
        return [self._cell(match) for match in CELL.finditer(self.text)] if self.path.suffix == ".md" else []

    def _cell(self, match: re.Match[str]) -> Cell:
        body, shift = match["body"], 0
        options: dict[str, Any] = {}
        if found := OPTIONS.match(body):
            raw = found["yaml"] or re.sub(r"^:([\w-]+):", r"\1:", found["short"], flags=re.MULTILINE)
            options, shift = yaml.safe_load(raw) or {}, found.end()
        return Cell(self.line(match.start("body") + shift), body[shift:], options)

    def line(self, position: int) -> int:
        """Devuelve el número de línea de una posición del texto."""
        return self.text.count("\n", 0, position) + 1


def hidden(path: Path, root: Path) -> bool:
    """Dice si algo es de los que dejan los editores y los sistemas (`.ipynb_checkpoints`, `._página.md`)."""
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def generated(path: Path) -> bool:
    """Dice si una página la escribe Sphinx a partir del código."""
    return path.parent.parts[-2:] == ("api", "siguiente")


def published(docs: Path) -> list[Path]:
    """Enumera las páginas que se publican de una carpeta: ni lo construido ni lo de otros programas."""
    pages = (path for path in docs.rglob("*") if path.suffix in READERS and path.suffix != ".py")
    ours = (path for path in pages if not hidden(path, docs) and path.is_file() and not generated(path))
    return sorted(p for p in ours if not any(part.startswith("_") for part in p.relative_to(docs).parts))


def read_page(path: Path) -> Page:
    """Lee una página del disco."""
    return Page(path, path.read_text(encoding="utf-8"))
