"""Encuentra palabras de la interfaz que quedaron en inglés en una página construida.

Mira los textos de botones, regiones y enlaces, y las etiquetas que solo oye quien no ve; no mira el artículo,
que puede citar inglés, salvo lo que Sphinx y las extensiones añaden en él.
"""

import re
from html.parser import HTMLParser

LABELS = ("title", "aria-label", "placeholder", "alt", "data-bs-original-title")
PHRASES = (
    r"Link to this \w+|Permalink|Toggle \w+|Skip to|Back to top|On this page|Contents|Show [Ss]ource|"
    r"Search( the docs)?|Click to show|Added in|Changed in|Deprecated since|Raises|Returns|Parameters|"
    r"Return type|Bases:|alias of|See also|Copy( to clipboard|link)?|Copied!?|Previous|Next|previous|next|"
    r"Page|Main|Home|Light|Dark|Color mode|"
    r"System Settings|Site navigation|Section Navigation|Table of Contents|Index|General Index|Module Index|"
    r"Created using|Last updated|Source code for|Exercise \d+|Solution( to)?|Figure \d+|Fig\. \d+|Table \d+|"
    r"Download \w+|Fullscreen mode|Note|Warning|Tip|Hint|Important|Caution|Error message|found \d+ pages?|"
    r"Edit this page|By the|Theme by|Built with"
)
ENGLISH = re.compile(rf"^\W*(?:{PHRASES})\b")
SOURCE = re.compile(r"\[(?:source|docs)\]")
# Elementos cuyo texto no es interfaz.
SKIPPED = {"pre", "code", "em", "script", "style", "p", "li", "td", "dd", "mjx-container", "svg"}
VOID = {"img", "input", "br", "hr", "meta", "link", "source", "wbr", "col"}


class _Interface(HTMLParser):
    """Recoge textos y etiquetas de la interfaz."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.found: list[str] = []
        self.in_english = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in LABELS and value]
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.stack:
            while self.stack.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not SKIPPED & set(self.stack) or self._is_extension_text():
            self.found.append(data.strip())

    def _is_extension_text(self) -> bool:
        """El texto de un botón o de una leyenda es interfaz aunque esté en un párrafo o en una lista."""
        inside = self.stack[-2:]
        return bool({"button", "summary", "label"} & set(inside)) and not {"script", "style"} & set(inside)


def english_in(html: str) -> list[str]:
    """Devuelve las frases en inglés de la interfaz de una página.

    >>> english_in('<nav aria-label="Main"><a href="#">Portada</a></nav>')
    ['Main']
    """
    parser = _Interface()
    parser.feed(html)
    return sorted({text[:80] for text in parser.found if ENGLISH.match(text) or SOURCE.search(text)})
