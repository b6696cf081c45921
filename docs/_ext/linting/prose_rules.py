"""Reglas de la prosa: usted, comillas españolas, coma decimal, sin inglés suelto ni cifras sin origen."""

import re
from collections.abc import Iterator

from linting.pages import Page

WORDS = [
    (
        r"\b(?:tú|ti|contigo|tienes|puedes|debes|quieres|sabes|haces|eres|estás|vas|ves|necesitas|usas|ejecutas|tuyo|tuya)\b",
        "trate a quien lee de usted",
    ),
    (r"\b(?:fíjate|ten en cuenta|recuérdalo|inténtalo)\b", "trate a quien lee de usted"),
    (r"\b(?:vosotros|vuestr[oa]s?|podéis|tenéis|habéis)\b", "español neutro: ustedes"),
    (r"\blibrer[ií]as?\b", "«biblioteca», no «librería»"),
    (r"\balínea[sn]?\b", "«alinea», no «alínea»"),
    (r"\bcompletaci(?:ón|ones)\b", "«continuación», no «completación»"),
    (r"\bcuantificación de (?:los )?pesos\b", "«cuantización»"),
    (r"\bset de datos\b", "«conjunto de datos»"),
    (r"\baprendizaje de máquina\b", "«aprendizaje automático»"),
    (r"\breforzamiento\b", "«aprendizaje por refuerzo»"),
    (r"\brefuerzo con retroalimentación humana\b", "«a partir de retroalimentación humana»"),
    (r"\b(?:los|las|unos|unas|varios|varias) [A-Z]{2,}s\b", "el plural de las siglas no se marca: «los LLM»"),
]
ENGLISH = (
    r"features?|training|datasets?|fine-?tuning|library|learning rate|baseline|batch(?:es)?|loss|accuracy|"
    r"performance|deploy|setup|default|feedback|insights?|output|input|layers?|weights?|overfitting|sampling|"
    r"inference|pipeline|framework|shape|testing|machine learning|deep learning|language models?|random|seed"
)
RULES = [(re.compile(pattern, re.IGNORECASE), message) for pattern, message in WORDS[:-1]]
RULES += [(re.compile(WORDS[-1][0]), WORDS[-1][1])]
RULES += [
    (re.compile(rf"(?<![\w-])(?:{ENGLISH})(?![\w-])"), "inglés sin traducir (si hace falta, en cursiva)"),
    (re.compile(r"[\"“”]"), "use comillas «españolas»"),
    (re.compile(r"(?<=\w) - (?=\w)"), "para un inciso use raya (—), no guion"),
    (re.compile(r"\.\.\.(?!\w)"), "use el signo de puntos suspensivos (…)"),
]
DECIMAL = re.compile(r"(?P<before>\S+)?(?P<space>\s|^)[«(¿¡—]?[-−]?(?P<number>\d+\.\d+)(?![\w.]*[\w/])")
# Lo que lleva detrás una versión, que se escribe con punto.
NAMED = re.compile(
    r"(?i)^[«(]?(?:versi[oó]n(?:es)?|python|torch|pytorch|transformers|sphinx|mathjax|matplotlib|numpy|cuda|by|apache|"
    r"gpt|claude|gemma|gemini|llama|qwen|mistral|phi|olmo|deepseek|smollm|nox|pip|pytest|licencia)$"
)
FIGURE = re.compile(r"(?<![\w,.])\d+(?:,\d+|\s*%)")
ORIGIN = re.compile(r"\{cite|:cite:|\{glue|:glue:")
SYNONYM = re.compile(r"\balineamientos?\b", re.IGNORECASE)


def wording(page: Page) -> Iterator[tuple[int, str]]:
    """Palabras y signos que la guía de estilo evita."""
    for number, line in enumerate(page.prose, 1):
        for pattern, message in RULES:
            for match in pattern.finditer(line):
                yield number, f"«{match.group().strip()}»: {message}"


def decimals(page: Page) -> Iterator[tuple[int, str]]:
    """En la prosa, coma decimal y espacio fino para los miles."""
    for number, line in enumerate(page.prose, 1):
        for match in DECIMAL.finditer(line):
            before = match["before"] or ""
            if not NAMED.match(before):
                yield number, f"«{match['number']}»: coma decimal, y espacio fino para los miles"


def origins(page: Page) -> Iterator[tuple[int, str]]:
    """En un cuaderno, una cifra con decimales o por ciento se inserta desde su celda, o se cita."""
    if not page.cells:
        return
    for start, paragraph in paragraphs(page):
        if not ORIGIN.search("\n".join(page.lines[start - 1 : start - 1 + len(paragraph)])):
            for shift, line in enumerate(paragraph):
                for match in FIGURE.finditer(line):
                    yield start + shift, f"«{match.group()}»: cifra sin origen; use glue o cite"


def paragraphs(page: Page) -> Iterator[tuple[int, list[str]]]:
    """Da los párrafos de la prosa con su primera línea."""
    block: list[str] = []
    for number, line in enumerate([*page.prose, ""], 1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def one_term(page: Page) -> Iterator[tuple[int, str]]:
    """«Alineamiento» se menciona una vez, como sinónimo; después, «alineación»."""
    found = [number for number, line in enumerate(page.prose, 1) for _ in SYNONYM.finditer(line)]
    yield from (
        (number, "«alineamiento»: use «alineación» (el sinónimo, una sola vez)") for number in found[1:]
    )


PROSE_RULES = [wording, decimals, origins, one_term]
