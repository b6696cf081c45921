"""Reglas de la prosa: usted, comillas españolas, coma decimal y ninguna cifra sin origen."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from linting.reading import Page

# Lo que el diccionario da por bueno y la guía de estilo no.
WORDS: dict[str, str] = tomllib.loads(Path(__file__).with_name("wording.toml").read_text("utf8"))
DECIMAL = re.compile(r"(?P<before>\S+)?(?P<space>\s|^)[«(¿¡—]?[-−]?(?P<number>\d+\.\d+)(?![\w.]*[\w/])")
# Lo que lleva detrás una versión, que se escribe con punto.
NAMED = re.compile(
    r"(?i)^[«(]?(?:versi[oó]n(?:es)?|python|torch|pytorch|transformers|sphinx|mathjax|matplotlib|numpy|cuda|by|apache|"
    r"gpt|claude|gemma|gemini|llama|qwen|mistral|phi|olmo|deepseek|smollm|nox|pip|pytest|licencia)$"
)
FIGURE = re.compile(r"(?<![\w,.])\d+(?:,\d+|\s*%)")
PARAGRAPH = re.compile(r"(?m)(?:^[ ]*\S.*\n?)+")
ORIGIN = re.compile(r"\{cite|:cite:|\{glue|:glue:")
SYNONYM = re.compile(r"\balineamientos?\b", re.IGNORECASE)


def wording(page: Page) -> Iterator[tuple[int, str]]:
    """Palabras y signos que la guía de estilo evita."""
    for pattern, message in WORDS.items():
        for match in re.finditer(pattern, page.prose):
            yield page.line(match.start()), f"«{match.group().strip()}»: {message}"


def decimals(page: Page) -> Iterator[tuple[int, str]]:
    """En la prosa, coma decimal y espacio fino para los miles."""
    for match in DECIMAL.finditer(page.prose):
        if not NAMED.match(match["before"] or ""):
            number = match["number"]
            yield page.line(match.start("number")), f"«{number}»: coma decimal, y espacio fino para los miles"


def origins(page: Page) -> Iterator[tuple[int, str]]:
    """En un cuaderno, una cifra con decimales o por ciento se inserta desde su celda, o se cita."""
    for paragraph in PARAGRAPH.finditer(page.body if page.cells else ""):
        written = page.text[paragraph.start() : paragraph.end()]
        if not ORIGIN.search(written):
            for match in FIGURE.finditer(page.body, *paragraph.span()):
                yield page.line(match.start()), f"«{match.group()}»: cifra sin origen; use glue o cite"


def one_term(page: Page) -> Iterator[tuple[int, str]]:
    """«Alineamiento» se menciona una vez, como sinónimo; después, «alineación»."""
    for match in list(SYNONYM.finditer(page.prose))[1:]:
        yield page.line(match.start()), "«alineamiento»: use «alineación» (el sinónimo, una sola vez)"


PROSE_RULES = [wording, decimals, origins, one_term]
