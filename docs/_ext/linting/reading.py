"""Una página leída: su texto, su prosa, sus celdas y sus directivas.

La leen docutils y MyST, como al construir el sitio, pero sin las extensiones: toda directiva y todo papel se
aceptan, y de cada uno queda lo que se lee como español.
"""

import ast
import inspect
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest.mock import patch

from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Directive, Parser, directives, roles
from docutils.utils import new_document, unescape
from myst_parser.config.main import MdParserConfig
from myst_parser.mdit_to_docutils.base import DocutilsRenderer
from myst_parser.parsers.directives import parse_directive_text
from myst_parser.parsers.mdit import create_md_parser

from linting.pages import HIDDEN

# Directivas de las que no se lee nada, salvo la leyenda y el texto alternativo.
LITERAL = {"code", "code-block", "literalinclude", "math", "raw", "source"}
LITERAL |= {"bibliography", "image", "include", "toctree"}
# Directivas cuyo argumento es un nombre o una ruta, no un título.
UNTITLED = {"figure", "solution-start"}
FORMULAS = (nodes.math, nodes.math_block)
# Lo que se lee dentro de un párrafo: lo demás es código, fórmulas, notas o cursiva, donde cabe otro idioma.
READ = (nodes.strong, nodes.inline, nodes.reference)
SILENT = (nodes.FixedTextElement, nodes.Invisible, nodes.field_list, nodes.label, nodes.system_message)
# En un docstring hay títulos de numpydoc, y los términos son nombres.
HEADING = re.compile(
    r"(?m)^(?:Parameters|Returns|Yields|Raises|Attributes|Notes|Examples|References|See Also)\n-+$"
)
SILENT_IN_CODE = (*SILENT, nodes.term, nodes.classifier)
# Las llamadas y las formas, como (B, T), van sin comillas.
CALL = re.compile(r"\b\w+\([^()\n]*\)|\([^()]*\b[A-Z]\b[^()]*\)")
# El resumen en inglés que cierra un archivo.
ENGLISH = re.compile(r"(?ms)^#+ In English$.*")
MYST = MdParserConfig(
    enable_extensions={"amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"},
    highlight_code_blocks=False,
)
# Con una a la vista, porque MyST no busca opciones si no hay ninguna.
ANY_OPTION = defaultdict(lambda: directives.unchanged, alt=directives.unchanged)
SETTINGS = get_default_settings(Parser)
SETTINGS.report_level = SETTINGS.halt_level = 5  # de lo que esté mal escrito avisa la construcción
SETTINGS.myst_suppress_warnings = []


class DirectiveNode(nodes.General, nodes.Element):
    """Una directiva, con su clase, sus opciones y su contenido; dentro, lo que se lee de ella."""


class AnyDirective(Directive):
    """Acepta cualquier directiva, con cualquier opción."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: defaultdict[str, Any] | None = ANY_OPTION

    def run(self) -> list[nodes.Node]:
        """Deja en el árbol la directiva y lo que se lee de ella."""
        titles = self.arguments if self.name not in LITERAL | UNTITLED else []
        node = self.node(self.name, self.lineno, self.options, list(self.content), *titles)
        if self.name == "math":
            node += nodes.math_block("", "\n".join([*self.arguments, *self.content]))
            node[-1].line = self.lineno
        elif self.name not in LITERAL:
            self.state.nested_parse(self.content, self.content_offset, node)
        return [node]

    def node(
        self, kind: str, line: int, options: dict[str, Any], content: Sequence[str], *titles: str
    ) -> DirectiveNode:
        """El nodo de una directiva, con sus títulos, su leyenda y su texto alternativo."""
        names = [options[key] for key in ("label", "name") if key in options]
        node = DirectiveNode("", kind=kind, options=options, content=content, names=names)
        node.line = line
        read = [*titles, *(text for key, text in options.items() if key in ("alt", "caption"))]
        for text in filter(None, read):
            node += nodes.paragraph("", "", *self.state.inline_text(text, self.lineno)[0])
            node[-1].line = self.lineno
        return node


class CodeCell(AnyDirective):
    """Una celda: sus opciones son de YAML, con las de su figura dentro."""

    option_spec = None

    def run(self) -> list[nodes.Node]:
        """Deja en el árbol la celda, en la línea en que empieza su código, y su figura."""
        read = parse_directive_text(AnyDirective, "", "\n".join(self.content), validate_options=False)
        line = self.lineno + 1 + self.content_offset + read.body_offset
        cell = self.node(self.name, line, read.options, read.body)
        figure = dict[str, Any]()
        for key, options in (read.options.get("mystnb") or {}).items():
            if key in ("figure", "image"):
                figure |= options or {}
        if figure:
            cell += self.node("figure", line, figure, figure.get("caption") or "")
        return [cell]


def read_role(name: str, raw: str, text: str, *_: Any) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """De un papel se lee el término, o el texto que va delante de «<»."""
    text = unescape(text, restore_backslashes=True)
    title, arrow, target = text.partition("<")
    if name == "math":
        return [nodes.math("", text)], []
    if name == "term" or (name in ("ref", "doc") and arrow):
        return [nodes.inline("", title), nodes.literal("", arrow + target)], []
    return [nodes.literal("", text)], []


class Renderer(DocutilsRenderer):
    """MyST, con la línea en que está cada cosa también en las tablas y entre «:::»."""

    def render_table_row(self, token: Any) -> None:
        """Compone una fila de una tabla: MyST no apunta su línea."""
        self.document.current_line = token.map[0]
        super().render_table_row(token)

    def render_colon_fence(self, token: Any) -> None:
        """Compone una directiva como entre comillas: MyST contaría una línea de más si dentro hay otra."""
        is_directive = token.info.strip().startswith("{")
        (self.render_fence if is_directive else super().render_colon_fence)(token)


def find_directive(name: str, *_: Any) -> tuple[type[Directive], list[nodes.system_message]]:
    """La clase con que se lee una directiva, exista o no."""
    return (CodeCell if name == "code-cell" else AnyDirective), []


def find_role(*_: Any) -> tuple[Callable[..., Any], list[nodes.system_message]]:
    """La función con que se lee un papel, exista o no."""
    return read_role, []


def parse(text: str, suffix: str) -> nodes.document:
    """Lee un texto: el de una página de MyST, el de una de reStructuredText o el de un módulo."""
    document = new_document("", SETTINGS)
    with patch.object(directives, "directive", find_directive), patch.object(roles, "role", find_role):
        if suffix == ".md":
            parser = create_md_parser(MYST, Renderer)
            parser.options["document"] = document
            parser.render(ENGLISH.sub("", text))
        else:
            Parser().parse(docstrings(text) if suffix == ".py" else text, document)
    return document


def docstrings(text: str) -> str:
    """Los docstrings de un módulo, cada uno en sus líneas y sin sangría."""
    lines = [""] * (text.count("\n") + 1)
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Expr(value=ast.Constant(value=str(written)), lineno=line):
                docstring = HEADING.sub("\n", inspect.cleandoc(written)).split("\n")
                lines[line - 1 : line - 1 + len(docstring)] = docstring
    return "\n".join(lines)


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

    @cached_property
    def tree(self) -> ast.Module | None:
        """Su árbol; nada, si lleva órdenes que no son Python."""
        try:
            return ast.parse(self.source)
        except SyntaxError:
            return None

    @cached_property
    def ast_nodes(self) -> list[ast.AST]:
        """Los nodos de su árbol."""
        return list(ast.walk(self.tree)) if self.tree else []


@dataclass(frozen=True)
class Page:
    """Un archivo que se revisa."""

    path: Path
    text: str

    @cached_property
    def tree(self) -> nodes.document:
        """Su árbol."""
        return parse(self.text, self.path.suffix)

    @cached_property
    def directives(self) -> list[DirectiveNode]:
        """Sus directivas, en orden."""
        return list(self.tree.findall(DirectiveNode))

    @cached_property
    def cells(self) -> list[Cell]:
        """Sus celdas, en orden."""
        cells = filter(is_cell, self.directives)
        return [Cell(node.line or 1, "\n".join(node["content"]), node["options"]) for node in cells]

    @cached_property
    def prose(self) -> str:
        """El mismo texto, con lo que se lee como español en su sitio y lo demás en blanco."""
        if self.path.suffix != ".py":
            return self.only(is_prose)
        read = self.only(lambda inside: is_prose(inside, SILENT_IN_CODE))
        return CALL.sub(lambda match: blank(match.group()), read)

    @cached_property
    def body(self) -> str:
        """La prosa, sin las leyendas de las celdas."""
        return self.only(lambda inside: is_prose(inside) and not any(map(is_cell, inside)))

    @cached_property
    def formulas(self) -> str:
        """El mismo texto, solo con las fórmulas."""
        return self.only(lambda inside: any(isinstance(node, FORMULAS) for node in inside))

    def only(self, wanted: Callable[[list[nodes.Element]], bool]) -> str:
        """El mismo texto, solo con las palabras que interesan por los nodos dentro de los que están."""
        written = list(blank(self.text))
        for inside, words in self.texts:
            if wanted(inside):
                for start, word in words:
                    written[start : start + len(word)] = word
        return "".join(written)

    @cached_property
    def texts(self) -> list[tuple[list[nodes.Element], list[tuple[int, str]]]]:
        """Cada texto del árbol: dentro de qué nodos está, y dónde está escrita cada palabra.

        De un bloque se sabe la línea en que empieza: sus palabras se buscan, por orden, hasta el siguiente.
        """
        starts = [0, *(match.end() for match in re.finditer("\n", self.text)), len(self.text)]
        blocks = [n for n in self.tree.findall(nodes.TextElement) if not isinstance(n, nodes.Inline)]
        lines = sorted({block.line or 1 for block in blocks} | {len(starts)})
        found, at = list[tuple[list[nodes.Element], list[tuple[int, str]]]](), 0
        for block in blocks:
            line = block.line or 1
            # De un título de reStructuredText se apunta la línea del subrayado.
            first = line - 1 if isinstance(block, nodes.title) else line
            at = max(at, starts[max(first, 1) - 1])
            end = starts[lines[bisect_right(lines, line)] - 1]
            for text in block.findall(nodes.Text):
                words = list[tuple[int, str]]()
                for word in text.split():
                    if (start := self.text.find(word, at, end)) >= 0:
                        at = start + len(word)
                        words.append((start, word))
                found.append((list(ancestors(text)), words))
        return found

    def line(self, position: int) -> int:
        """El número de línea de una posición del texto."""
        return self.text.count("\n", 0, position) + 1


def ancestors(node: nodes.Node) -> Iterator[nodes.Element]:
    """Da los nodos dentro de los que está otro, del más cercano al más lejano."""
    while node.parent is not None:
        node = node.parent
        yield node


def is_prose(inside: list[nodes.Element], silent: tuple[type, ...] = SILENT) -> bool:
    """Dice si lo que está dentro de unos nodos se lee como español."""
    return not any(
        isinstance(node, silent)
        or (isinstance(node, nodes.Inline) and not isinstance(node, READ))
        or str(node.get("refuri", "")).startswith(("http", "mailto:"))  # el título de otro sitio
        for node in inside
    )


def is_cell(node: nodes.Element) -> bool:
    """Dice si un nodo es el de una celda."""
    return isinstance(node, DirectiveNode) and node["kind"] == "code-cell"


def blank(text: str) -> str:
    """Cambia por espacios todo menos los saltos de línea."""
    return re.sub(r".+", lambda match: " " * len(match.group()), text)
