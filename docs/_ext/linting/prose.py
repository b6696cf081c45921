"""La prosa de un archivo: el mismo texto, con todo lo que no se lee como español cambiado por espacios.

Las líneas y las columnas no se mueven, así que una falta se nombra por su línea. Se quitan el código, las
fórmulas, los papeles (`{role}`, `:role:`), las direcciones y lo que va en cursiva, donde cabe otro idioma.
"""

import ast
import re
from collections.abc import Callable, Iterable
from pathlib import Path

# Directivas cuyo contenido no es prosa.
LITERAL = {
    *("code-cell", "code-block", "code", "sourcecode", "literalinclude", "math", "raw", "toctree", "include"),
    *("bibliography", "mermaid", "eval-rst", "highlight", "currentmodule", "py:currentmodule", "testcode"),
    *("automodule", "autoclass", "autofunction", "autodata", "autosummary", "only", "role", "default-role"),
}
# Directivas cuyo argumento es un nombre o una ruta, no un título.
UNTITLED = {
    *(
        "figure",
        "image",
        "glue",
        "glue:figure",
        "solution",
        "solution-start",
        "csv-table",
        "container",
        "source",
    ),
}
# Opciones que se leen.
READ = ("alt", "caption")

FENCE = re.compile(r"^(?P<indent>\s*)(?P<mark>`{3,}|:{3,}|~{3,})\s*(?:\{(?P<name>[^}]+)\})?(?P<rest>.*)$")
OPTION = re.compile(r"^\s*:(?P<key>[\w-]+):")
YAML_TEXT = re.compile(r"\b(?:alt|caption):\s*(?P<value>\"[^\"]*\"|'[^']*'|[^,}\n]+)")
DIRECTIVE = re.compile(r"^(?P<indent>\s*)(?:[-*] +)*\.\. (?P<name>[\w:+.-]+)::(?P<rest>.*)$")
EXPLICIT = re.compile(r"^\s*\.\.(?:$|\s)")
NOTE = re.compile(r"^\s*\.\. \[[^\]]+\]")

# El resumen en inglés que cierra un archivo.
ENGLISH = re.compile(r"^#+ [^\n]*\bEnglish\b.*\Z", re.MULTILINE | re.DOTALL)

INLINE_MD = [
    re.compile(r"(?<!!)\[[^\]]*\]\(https?:[^)]*\)"),
    re.compile(r"<!--.*?-->", re.DOTALL),
    re.compile(r"(?<!\\)\$\$.*?(?<!\\)\$\$(?:[ ]*\([\w-]+\))?", re.DOTALL),
    re.compile(r"\{[\w:-]+\}`[^`]*`"),
    re.compile(r"(?<!\})(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL),
    re.compile(r"(?<!\\)\$[^$]+(?<!\\)\$"),
    re.compile(r"(?<=\])\([^)\s]*\)|\]\[[^\]]*\]|\[\^[\w-]+\]"),
    re.compile(r"^\([\w-]+\)=\s*$|^\s*:[\w-]+:\s.*$|^\{[^}]*\}\s*$", re.MULTILINE),
]
INLINE_RST = [
    re.compile(r"^:[\w-]+:.*$", re.MULTILINE),
    re.compile(r"`[^`<]*<(?:https?|mailto):[^>]*>`_{1,2}"),
    re.compile(r"``.+?``", re.DOTALL),
    re.compile(r":(?!term:|doc:|ref:)[\w:+-]+:`[^`]*`"),
    re.compile(r":(?:doc|ref):`[^`<]*`"),
    re.compile(r":(?:term|doc|ref):(?=`)"),
    re.compile(r"<[^`<>]*>(?=`)"),
    re.compile(r"\|[\w -]+\|_?|\[#?[\w-]*\]_"),
]
INLINE = [
    re.compile(r"(?:https?://|www\.|mailto:)[^\s>)\]]+"),
    re.compile(r"</?[a-zA-Z][^>]*>"),
    re.compile(r"(?<![\w*\\])\*(?![\s*])[^*]+?(?<!\s)\*(?![\w*])"),
    re.compile(r"(?<![\w\\])_(?![\s_])[^_\n]+?_(?!\w)"),
]


def blank(text: str) -> str:
    """Cambia por espacios todo menos los saltos de línea."""
    return re.sub(r"[^\n]", " ", text)


def erase(text: str, patterns: Iterable[re.Pattern[str]]) -> str:
    """Borra, sin mover nada, lo que case con cada patrón, por orden."""
    for pattern in patterns:
        text = pattern.sub(lambda match: blank(match.group()), text)
    return text


# Lo que se lee de un enlace del curso: el término, o el texto que va delante de «<».
LINK_MD = re.compile(r"\{(?:term|ref|doc)\}`(?P<text>[^`<]*)<[^`>]*>`|\{term\}`(?P<term>[^`<]*)`")


def link_text(text: str) -> str:
    """Deja de los enlaces del curso su texto, en su sitio."""

    def keep(match: re.Match[str]) -> str:
        group = "text" if match["text"] is not None else "term"
        start, end = match.start(group) - match.start(), match.end(group) - match.start()
        whole = match.group()
        return blank(whole[:start]) + whole[start:end] + blank(whole[end:])

    return LINK_MD.sub(keep, text)


def indentation(line: str) -> int:
    """Cuenta los espacios del comienzo de una línea."""
    return len(line) - len(line.lstrip())


def kept(line: str, start: int) -> str:
    """Deja de una línea lo que hay desde una columna."""
    return " " * start + line[start:]


def yaml_text(line: str) -> str:
    """Deja de una línea de YAML la leyenda y el texto alternativo."""
    match = YAML_TEXT.search(line)
    return " " * match.start("value") + match["value"].replace('"', " ") if match else ""


def markdown(text: str) -> str:
    """Devuelve la prosa de una página de MyST."""
    lines, out, header = text.split("\n"), list[str](), False
    fences: list[tuple[str, bool]] = []  # marca de cierre, y si lo de dentro no es prosa
    for number, line in enumerate(lines):
        if line.strip() == "---" and (number == 0 or header) and not fences:
            header = number == 0
            out.append("")
            continue
        match = FENCE.match(line)
        if header:
            out.append("")
        elif match and fences and not match["name"] and not match["rest"] and match["mark"] == fences[-1][0]:
            fences.pop()
            out.append("")
        elif match and not (fences and fences[-1][1]):
            name = match["name"] or ("code" if match["mark"][0] in "`~" else "div")
            fences.append((match["mark"], name in LITERAL))
            out.append(
                kept(line, match.start("rest")) if match["name"] and name not in LITERAL | UNTITLED else ""
            )
        elif fences and fences[-1][1]:
            out.append(yaml_text(line) if OPTION.match(line) or "caption:" in line or "alt:" in line else "")
        else:
            option = OPTION.match(line)
            out.append(kept(line, option.end()) if option and fences and option["key"] in READ else line)
    return erase(link_text("\n".join(out)), [ENGLISH, *INLINE_MD, *INLINE])


# El título de la página de un módulo es su nombre.
MODULE = re.compile(r"^[\w.]+\n[=~-]{3,}[ ]*\n\s*\n(?=\.\. automodule::)", re.MULTILINE)


def restructured(text: str) -> str:
    """Devuelve la prosa de una página de reStructuredText."""
    text = erase(text, [MODULE])
    out: list[str] = []
    hidden: int | None = None  # sangría del bloque que se está ocultando
    options = doctest = False
    for line in text.split("\n"):
        inner = indentation(line)
        if hidden is not None and line.strip() and inner <= hidden:
            hidden = None
        doctest = bool(line.strip()) and (doctest or line.lstrip().startswith(">>>"))
        if hidden is not None or doctest or not line.strip():
            out.append("")
            options = options and bool(line.strip())
            continue
        directive = DIRECTIVE.match(line)
        option = OPTION.match(line) if options else None
        options = bool(directive or option)
        if directive:
            literal = directive["name"] in LITERAL
            hidden = inner if literal else None
            title = not literal and directive["name"] not in UNTITLED
            out.append(kept(line, directive.start("rest")) if title else "")
        elif option:
            out.append(kept(line, option.end()) if option["key"] in READ else "")
        elif EXPLICIT.match(line) and not NOTE.match(line):
            hidden = inner
            out.append("")
        else:
            hidden = inner if line.rstrip().endswith("::") else None
            out.append(line)
    return erase("\n".join(out), [*INLINE_RST, *INLINE])


SECTION = re.compile(
    r"^\s*(Parameters|Returns|Yields|Raises|Attributes|Notes|Examples|References|See Also|Warns|Methods)\s*$"
)
NAMED = {"Parameters", "Returns", "Yields", "Raises", "Attributes", "See Also", "Warns", "Methods"}


# En los docstrings: nombres entre comillas invertidas, órdenes, llamadas y formas como (B, T).
CODE = re.compile(r"(?m)`[^`]*`|^\s*(?:\$ )?python3? .*$|\b\w+\([^()\n]*\)|\([^()]*\b[A-Z]\b[^()]*\)")


def docstring(text: str) -> str:
    """Devuelve la prosa de un docstring de numpydoc: sin títulos, nombres ni tipos."""
    lines, out, base, section = text.split("\n"), [], 0, ""
    for number, line in enumerate(lines):
        heading = SECTION.match(line)
        if heading and number + 1 < len(lines) and set(lines[number + 1].strip()) == {"-"}:
            section, base = heading[1], indentation(line)
            out.append("")
        elif section in NAMED and line.strip() and indentation(line) <= base:
            out.append("")
        else:
            out.append(line)
    return erase(restructured("\n".join(out)), [CODE])


def python(text: str) -> str:
    """Devuelve la prosa de los docstrings de un módulo, cada una en sus líneas."""
    out = [""] * (text.count("\n") + 1)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if ast.get_docstring(node, clean=False) is not None:
                for shift, line in enumerate(
                    docstring(ast.get_docstring(node, clean=False) or "").split("\n")
                ):
                    if first.lineno - 1 + shift < len(out):
                        out[first.lineno - 1 + shift] = line
    return "\n".join(out)


READERS: dict[str, Callable[[str], str]] = {".md": markdown, ".rst": restructured, ".py": python}


def prose_of(path: Path) -> str:
    """Lee un archivo y devuelve su prosa, según sea de Markdown, de reStructuredText o de Python."""
    return READERS[path.suffix](path.read_text(encoding="utf-8"))
