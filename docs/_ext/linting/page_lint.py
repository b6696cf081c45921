"""Estilo de las páginas: cada regla es una función que da líneas y lo que está mal en ellas.

Las reglas del código de las celdas están en `cell_rules`; las de la prosa, en `prose_rules` y `spelling`.
Aquí, lo que es de la página entera: cabecera, receta, etiquetas, figuras y fórmulas.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from docutils import nodes

from linting.cell_rules import CELL_RULES
from linting.pages import proofread, published
from linting.prose_rules import PROSE_RULES
from linting.reading import DirectiveNode, Page, blank
from linting.spelling import spelling

Rule = Callable[[Page], Iterator[tuple[int, str]]]

HEADER = ("kernelspec: {name: python3, language: python}", "file_format: mystnb")
OPENING = {
    "los minutos de lectura": re.compile(r"\b\d+ minutos de lectura\b"),
    "qué conviene saber antes": re.compile(
        r"(?i)\b(?:conviene|hay que|hace falta|necesita|debe) (?:saber|haber leído|conocer)|\bqué saber\b"
    ),
    "la memoria que ocupa": re.compile(r"(?i)\bmemoria\b"),
}
HEADINGS = {
    "«Errores frecuentes»": re.compile(r"(?i)\berrores\b"),
    "«Ejercicios»": re.compile(r"(?i)\bejercicios\b"),
    "qué leer después": re.compile(r"(?i)\b(?:leer|leyendo|lecturas?|saber más)\b"),
}
WORDS_A_MINUTE = 180
PREFIXES = ("sec-", "eq-", "fig-", "tab-", "ej-")
PREFIX = {
    **dict.fromkeys(("math", "math_block"), ("eq-",)),
    **dict.fromkeys(("figure", "image"), ("fig-",)),
    **dict.fromkeys(("table", "list-table", "csv-table"), ("tab-",)),
    **dict.fromkeys(("exercise", "exercise-start", "solution", "solution-start"), ("ej-",)),
}
SPOKEN = re.compile(r"\\(?:text|textit|textbf|textrm|mbox|label)\{[^{}]*\}")


def header(page: Page) -> Iterator[tuple[int, str]]:
    """Una página con celdas lleva la cabecera exacta; sin ella no se ejecuta o no se repite cuando debe."""
    written = page.text.split("\n---", 1)[0].splitlines()
    for line in HEADER:
        if page.cells and line not in written:
            yield 1, f"falta en la cabecera la línea exacta «{line}»"


def recipe(page: Page) -> Iterator[tuple[int, str]]:
    """Un cuaderno empieza por lo que hace falta y termina por errores, ejercicios y lecturas."""
    if page.cells:
        opening = "\n".join(page.prose.split("\n")[: page.cells[0].line])
        titles = "\n".join(title.astext() for title in page.tree.findall(nodes.title))
        yield from ((1, f"antes de la primera celda falta {what}") for what in missing(OPENING, opening))
        yield from ((1, f"falta el título de {what}") for what in missing(HEADINGS, titles))


def reading_time(page: Page) -> Iterator[tuple[int, str]]:
    """Los minutos de un cuaderno se miden: un minuto por celda a la vista y otro por 180 palabras."""
    said = re.search(r"(\d+) minutos de lectura", page.text)
    if page.cells and said:
        words = len(re.findall(r"\w+", page.body))
        measured = words / WORDS_A_MINUTE + sum(cell.visible for cell in page.cells)
        if abs(int(said[1]) - measured) > 3:
            yield page.line(said.start()), f"dice {said[0]}, y se miden {measured:.0f}"


def missing(wanted: dict[str, re.Pattern[str]], text: str) -> Iterable[str]:
    """Lo que no está en un texto."""
    return (what for what, pattern in wanted.items() if not pattern.search(text))


def labels(page: Page) -> Iterator[tuple[int, str]]:
    """El prefijo de una etiqueta dice qué clase de cosa es."""
    for node in page.tree.findall(nodes.Element):
        if isinstance(node, DirectiveNode | nodes.math_block | nodes.target) and not node.get("refuri"):
            prefix = PREFIX.get(node.get("kind", node.tagname), PREFIXES)
            for name in (*node["names"], *node["dupnames"]):
                if not name.startswith(prefix):
                    yield node.line or 1, f"el nombre «{name}» no empieza por {' o '.join(prefix)}"


def figures(page: Page) -> Iterator[tuple[int, str]]:
    """Toda imagen tiene texto alternativo, y toda figura, además, nombre y leyenda."""
    for node in page.directives:
        kind, line = node["kind"], node.line or 1
        if kind in ("figure", "image") and not node["options"].get("alt"):
            yield line, "imagen sin texto alternativo (:alt:)"
        if kind == "figure" and not node["names"]:
            yield line, "figura sin nombre (:name: fig-…)"
        if kind == "figure" and not node["content"]:
            yield line, "figura sin leyenda que diga la conclusión"


def formulas(page: Page) -> Iterator[tuple[int, str]]:
    r"""Las letras con tilde dentro de una fórmula van en `\text{…}`: las de TeX no las tienen."""
    unspoken = SPOKEN.sub(lambda match: blank(match.group()), page.formulas)
    for number, line in enumerate(unspoken.split("\n"), 1):
        if re.search(r"[áéíóúñüÁÉÍÓÚÑ¿¡]", line):
            yield number, r"letra con tilde en una fórmula: use \text{…}"


def traceback(page: Page) -> Iterator[tuple[int, str]]:
    """Los errores se muestran ejecutándolos (`raises-exception` o `>>>`), no pegándolos."""
    shown = False
    for number, line in enumerate(page.text.split("\n"), 1):
        shown = bool(line.strip()) and (shown or line.lstrip().startswith(">>>"))
        if "Traceback (most recent call last)" in line and not shown:
            yield number, "rastro de error pegado: muestre el error de verdad, ejecutándolo"


PAGE_RULES: list[Rule] = [header, recipe, reading_time, labels, figures, formulas, traceback]
RULES: list[Rule] = [*PAGE_RULES, *CELL_RULES, *PROSE_RULES]


def check(page: Page, rules: Iterable[Rule] = RULES) -> list[str]:
    """Pasa unas reglas por una página y devuelve las faltas, por líneas: archivo, línea y qué hacer."""
    found = sorted(fault for rule in rules for fault in rule(page))
    return [f"{page.path.as_posix()}:{line}: {message}" for line, message in found]


def check_all(root: Path) -> list[str]:
    """Revisa un proyecto: la ortografía de todo lo que tiene prosa y, en las páginas, las demás reglas."""
    pages = set(published(root / "docs"))
    found = list[str]()
    for path in proofread(root):
        page = Page(path.relative_to(root), path.read_text(encoding="utf-8"))
        found += check(page, [spelling, *RULES] if path in pages else [spelling])
    return found
