"""Estilo de las páginas: cada regla es una función que da líneas y lo que está mal en ellas.

Las reglas del código de las celdas están en `cell_rules`; las de la prosa, en `prose_rules`. Aquí, lo que es
de la página entera: cabecera, receta, etiquetas, figuras y fórmulas.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from linting.cell_rules import CELL_RULES
from linting.pages import KERNELSPEC, Page, published, read_page
from linting.prose_rules import PROSE_RULES

Rule = Callable[[Page], Iterator[tuple[int, str]]]

LABEL = re.compile(r"^\s*\.\. _(?P<rst>[\w.-]+):\s*$|^\((?P<md>[\w.-]+)\)=\s*$", re.MULTILINE)
EQUATION = re.compile(r"\$\$[ ]*\((?P<name>[\w-]+)\)[ ]*$", re.MULTILINE)
NAMED = re.compile(
    r"(?:`{3,}|:{3,}|\.\. )\{?(?P<directive>math|figure|image|exercise|list-table|csv-table|table|solution)"
    r"(?:\}|::)(?P<body>(?:.*\n)(?:\s*:[\w-]+:.*\n)*)"
)
OPTION = re.compile(r":(?P<key>label|name|alt):[ ]*(?P<value>.*)")
PREFIXES = ("sec-", "eq-", "fig-", "tab-", "ej-")
PREFIX = {"math": "eq-", "figure": "fig-", "image": "fig-", "exercise": "ej-", "solution": "ej-"}
OPENING = {
    "los minutos de lectura": re.compile(r"\bminutos?\b.{0,20}\blectura\b|\blectura\b.{0,20}\bminutos?\b"),
    "qué conviene saber antes": re.compile(
        r"(?i)\b(?:conviene|hay que|hace falta|necesita|debe) (?:saber|haber leído|conocer)|\bqué saber\b"
    ),
    "la memoria que ocupa": re.compile(r"(?i)\bmemoria\b"),
}
HEADINGS = {
    "«Errores frecuentes»": re.compile(r"(?i)^#+ .*\berrores\b", re.MULTILINE),
    "«Ejercicios»": re.compile(r"(?i)^#+ .*\bejercicios\b", re.MULTILINE),
    "qué leer después": re.compile(r"(?i)^#+ .*\b(?:leer|leyendo|lecturas?|saber más)\b", re.MULTILINE),
}
FORMULAS = {
    ".md": re.compile(r"\$\$.*?\$\$|(?<!\\)\$[^$]+\$|^```\{math\}.*?^```", re.MULTILINE | re.DOTALL),
    ".rst": re.compile(r":math:`[^`]+`|^[ ]*\.\. math::.*(?:\n[ ]+\S.*|\n[ ]*(?=\n))*", re.MULTILINE),
}
SPOKEN = re.compile(r"\\(?:text|textit|textbf|textrm|mbox|label)\{[^{}]*\}|:label:.*")


class Finding(NamedTuple):
    """Una falta, con su archivo y su línea."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path.as_posix()}:{self.line}: {self.message}"


def header(page: Page) -> Iterator[tuple[int, str]]:
    """Una página con celdas lleva la cabecera exacta; sin ella no se ejecuta o no se repite cuando debe."""
    if "{code-cell}" in page.text and page.path.suffix == ".md":
        if KERNELSPEC not in page.text.split("\n---", 1)[0].splitlines():
            yield 1, f"falta en la cabecera la línea exacta «{KERNELSPEC}»"
        if "file_format: mystnb" not in page.text.split("\n---", 1)[0].splitlines():
            yield 1, "falta en la cabecera la línea «file_format: mystnb»"


def recipe(page: Page) -> Iterator[tuple[int, str]]:
    """Un cuaderno empieza por lo que hace falta y termina por errores, ejercicios y lecturas."""
    if page.cells:
        opening = "\n".join(page.prose[: page.cells[0].line])
        yield from (
            (1, f"antes de la primera celda falta {what}")
            for what, it in OPENING.items()
            if not it.search(opening)
        )
        yield from (
            (1, f"falta el título de {what}") for what, it in HEADINGS.items() if not it.search(page.text)
        )


def labels(page: Page) -> Iterator[tuple[int, str]]:
    """El prefijo de una etiqueta dice qué clase de cosa es."""
    for match in LABEL.finditer(page.outside):
        name = match["rst"] or match["md"]
        if not name.startswith(PREFIXES):
            yield page.line(match.end()), f"la etiqueta «{name}» no empieza por {', '.join(PREFIXES)}"
    for match in EQUATION.finditer(page.outside):
        if not match["name"].startswith("eq-"):
            yield page.line(match.start()), f"el nombre «{match['name']}» no empieza por eq-"
    for match in NAMED.finditer(page.outside):
        prefix = PREFIX.get(match["directive"], "tab-")
        for option in OPTION.finditer(match["body"]):
            if option["key"] != "alt" and not option["value"].startswith(prefix):
                yield page.line(match.start()), f"el nombre «{option['value']}» no empieza por {prefix}"


def figures(page: Page) -> Iterator[tuple[int, str]]:
    """Toda imagen tiene texto alternativo, y toda figura, además, nombre y leyenda."""
    for match in NAMED.finditer(page.outside):
        options = {option["key"] for option in OPTION.finditer(match["body"])}
        line = page.line(match.start())
        if match["directive"] in ("figure", "image") and "alt" not in options:
            yield line, "imagen sin texto alternativo (:alt:)"
        if match["directive"] == "figure":
            if "name" not in options:
                yield line, "figura sin nombre (:name: fig-…)"
            after = page.outside[match.end() :].lstrip("\n").split("\n", 1)[0]
            if not re.match(r"^(?:\s+\S|[^`:.\s])", after) or (
                page.path.suffix == ".rst" and after[:1].strip()
            ):
                yield line, "figura sin leyenda que diga la conclusión"


def formulas(page: Page) -> Iterator[tuple[int, str]]:
    r"""Las letras con tilde dentro de una fórmula van en `\text{…}`: las de TeX no las tienen."""
    for match in FORMULAS[page.path.suffix].finditer(page.outside):
        found = re.search(r"[áéíóúñüÁÉÍÓÚÑ¿¡]", SPOKEN.sub(lambda one: " " * len(one.group()), match.group()))
        if found:
            yield page.line(match.start() + found.start()), r"letra con tilde en una fórmula: use \text{…}"


def traceback(page: Page) -> Iterator[tuple[int, str]]:
    """Los errores se muestran ejecutándolos (`raises-exception` o `>>>`), no pegándolos."""
    shown = False
    for number, line in enumerate(page.lines, 1):
        shown = bool(line.strip()) and (shown or line.lstrip().startswith(">>>"))
        if "Traceback (most recent call last)" in line and not shown:
            yield number, "rastro de error pegado: muestre el error de verdad, ejecutándolo"


PAGE_RULES: list[Rule] = [header, recipe, labels, figures, formulas, traceback]
RULES: list[Rule] = [*PAGE_RULES, *CELL_RULES, *PROSE_RULES]


def check(page: Page) -> list[Finding]:
    """Pasa todas las reglas por una página.

    Parameters
    ----------
    page : Page
        La página, leída con `read_page`.

    Returns
    -------
    list of Finding
        Por líneas.
    """
    return sorted(Finding(page.path, line, message) for rule in RULES for line, message in rule(page))


def check_all(docs: Path) -> list[Finding]:
    """Revisa todas las páginas que se publican de una carpeta."""
    return [finding for path in published(docs) for finding in check(read_page(path))]
