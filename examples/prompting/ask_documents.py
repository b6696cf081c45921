"""Responde una pregunta con los textos de una carpeta, o calla si ninguno se parece bastante.

``python examples/prompting/ask_documents.py carpeta "¿A qué hora abre la biblioteca?"``

Corta cada archivo en pasajes, busca los que más se parecen a la pregunta, pide la respuesta a un modelo y
dice de qué archivo salió. El modelo es pequeño y se equivoca: lea el pasaje antes de creerle.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

from siguiente.course.cli import scripts

if TYPE_CHECKING:
    from torch import Tensor

SUFFIXES = (".txt", ".md")
WORDS = 80  # un pasaje no pasa de aquí: el modelo lee mejor textos breves
COSINE = 0.4  # por debajo, con vectores, se calla; no está afinado: elíjalo con sus preguntas


@dataclass(frozen=True)
class Piece:
    """Un pasaje y el archivo del que salió."""

    file: str
    text: str


def main(given: Sequence[str] | None = None) -> int:
    """Lee las opciones, busca, responde o calla, y dice por qué."""
    parser = scripts.new_parser(__doc__)
    add = parser.add_argument
    add("folder", type=Path, help=f"la carpeta; se leen sus archivos {' y '.join(SUFFIXES)}, en UTF-8")
    add("question", help="la pregunta, entre comillas")
    add("--by", choices=("bm25", "embeddings"), default="bm25", help=BY)
    add("--k", type=int, default=1, metavar="N", help="pasajes que lee el modelo (%(default)s)")
    add("--threshold", type=float, metavar="X", help=SILENCE)
    add("--length", type=int, default=30, metavar="N", help="tokens de la respuesta, como máximo")
    add("--model", default="gemma-3-270m", help="nombre del modelo en el catálogo (%(default)s)")
    return scripts.run_script(parser, lambda options: "\n".join(run(options)), given, stopped=".")


BY = """cómo se busca: «bm25», por palabras compartidas; «embeddings», por vectores de MiniLM, que se ajustó
en inglés y con textos en español encuentra peor"""
SILENCE = """calla si el mejor pasaje no llega a X; con 0, nunca. Si no se dice, en BM25 hace falta lo que
vale una palabra que está en un solo pasaje"""


def run(options: argparse.Namespace) -> list[str]:
    """Devuelve las líneas que se escriben: la respuesta o el silencio, y los pasajes con su archivo."""
    from siguiente.course.report.numbers import number
    from siguiente.prompting.retrieval import best_passages, retrieval_prompt

    if not options.question.strip():
        raise ValueError("la pregunta está vacía: escríbala entre comillas")
    pieces = read_pieces(options.folder)
    scores = search(options.by, options.question, pieces)
    best = best_passages(scores, min(options.k, len(pieces)) if options.k > 0 else options.k)[0].tolist()
    least = default_threshold(options.by, len(pieces)) if options.threshold is None else options.threshold
    top = scores[0, best[0]].item()
    lines = [f"[{pieces[i].file}] {shorten(pieces[i].text, 300, placeholder='…')}" for i in best]
    if top <= 0:
        return ["No lo sé: ningún pasaje se parece a la pregunta."]
    if top < least:
        reason = f"el pasaje que más se parece puntúa {number(top, 2)}, y hace falta {number(least, 2)}"
        return [f"No lo sé: {reason}.", "Lo más parecido es esto:", *lines]
    prompt = retrieval_prompt(options.question, [pieces[i].text for i in best])
    return [f"Respuesta de {options.model}: {answer(options, prompt)}", "La sacó de aquí:", *lines]


def default_threshold(by: str, passages: int) -> float:
    """Lo que debe puntuar el mejor pasaje para que se responda."""
    return math.log(1 + (passages - 0.5) / 1.5) if by == "bm25" else COSINE


def read_pieces(folder: Path) -> list[Piece]:
    """Lee los archivos de la carpeta, en orden, y los corta en pasajes."""
    from siguiente.course.cli.text_file import read_utf8

    if not folder.is_dir():
        raise ValueError(f"{folder} no es una carpeta: indique la que tiene los textos")
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    if not files:
        raise ValueError(f"en {folder} no hay archivos {' ni '.join(SUFFIXES)}: ponga ahí los textos")
    advice = "Guárdelo de nuevo como texto, con la codificación UTF-8."
    found = [(str(file.relative_to(folder)), read_utf8(file, advice)) for file in files]
    pieces = [Piece(name, text) for name, content in found for text in cut(content)]
    if not pieces:
        raise ValueError(f"los archivos de {folder} están vacíos: escriba en ellos los textos")
    return pieces


def cut(content: str, words: int = WORDS) -> list[str]:
    """Corta un texto en párrafos, y un párrafo largo, en trozos de `words` palabras."""
    paragraphs = (paragraph.split() for paragraph in content.replace("\r\n", "\n").split("\n\n"))
    return [" ".join(p[i : i + words]) for p in paragraphs for i in range(0, len(p), words)]


def search(by: str, question: str, pieces: Sequence[Piece]) -> "Tensor":
    """Puntúa cada pasaje, (1, N)."""
    from siguiente.prompting.retrieval import Bm25, cosine_scores

    texts = [piece.text for piece in pieces]
    if by == "bm25":
        return Bm25(texts).scores([question])
    from siguiente.llm.embeddings import load_encoder

    encoder = load_encoder()
    return cosine_scores(encoder.embed([question]), encoder.embed(texts))


def answer(options: argparse.Namespace, prompt: str) -> str:
    """Lo que el modelo escribe tras el prompt, hasta el final de la línea."""
    from siguiente.language_models.sampling import complete
    from siguiente.llm.files.loading import load

    text = complete(load(options.model), prompt, options.length)[0]
    return text.strip().split("\n")[0] or "(nada)"


if __name__ == "__main__":
    sys.exit(main())
