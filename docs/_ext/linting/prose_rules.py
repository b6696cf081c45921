"""Reglas de la prosa: usted, comillas españolas, coma decimal y ninguna cifra sin origen."""

import re
from collections.abc import Iterator

from linting.reading import Page

USTED = "trate a quien lee de usted"
# Lo que el diccionario da por bueno y la guía de estilo no.
WORDS = {
    r"(?i)\b(?:tú|ti|contigo|tienes|puedes|debes|quieres|sabes|haces|eres|estás|vas|ves|necesitas)\b": USTED,
    r"(?i)\b(?:usas|ejecutas|tuy[oa]|fíjate|ten en cuenta|inténtalo)\b": USTED,
    r"(?i)\b(?:vosotros|vuestr[oa]s?|podéis|tenéis|habéis)\b": "español neutro: ustedes",
    r"(?i)\blibrer[ií]as?\b": "«biblioteca», no «librería»",
    r"(?i)\bcuantificación de (?:los )?pesos\b": "«cuantización»",
    r"(?i)\bset de datos\b": "«conjunto de datos»",
    r"(?i)\baprendizaje de máquina\b": "«aprendizaje automático»",
    r"(?i)\breforzamiento\b": "«aprendizaje por refuerzo»",
    r"(?i)\brefuerzo con retroalimentación humana\b": "«a partir de retroalimentación humana»",
    r"\b(?:los|las|unos|unas|varios|varias) [A-Z]{2,}s\b": "el plural de las siglas no se marca: «los LLM»",
    r"[\"“”]": "use comillas «españolas»",
    r"(?<=\w) - (?=\w)": "para un inciso use raya (—), no guion",
    r"\.\.\.(?!\w)": "use el signo de puntos suspensivos (…)",
}
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
