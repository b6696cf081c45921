"""Responde una pregunta con los textos de una carpeta, o calla si ninguno se parece bastante.

``siguiente ask carpeta "¿A qué hora abre la biblioteca?"``

Corta cada archivo, ``.txt`` o ``.md``, en pasajes, busca los que más se parecen a la pregunta, pide la
respuesta a un modelo y dice de qué archivo salió. El modelo es pequeño y se equivoca: lea el pasaje antes de
creerle.
"""

import re
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

from siguiente.course.cli import command
from siguiente.course.cli.models import add_model

if TYPE_CHECKING:
    from torch import Tensor

SUFFIXES = (".txt", ".md")
ENDING = re.compile(r"(?:(?<=\w\w[aou])s|(?<=\w\w\w)es?)$")  # lo que un plural añade, y la «e» que lo precede
WORDS = 80  # un pasaje no pasa de aquí: el modelo lee mejor textos breves
COSINE = 0.4  # por debajo, con vectores, se calla; no está afinado: elíjalo con sus preguntas
RARE = 10  # es rara una palabra que está en uno de cada tantos pasajes, o menos, y siempre la que está en uno
BY = """cómo se busca: «bm25», por palabras compartidas, sin mirar tildes ni plurales; «embeddings», por
vectores de MiniLM, que se ajustó en inglés y con textos en español encuentra peor"""
SILENCE = """calla si el mejor pasaje no llega a X; con 0, nunca. Si no se dice, con bm25 basta que los
hallados tengan una palabra de la pregunta que está en pocos más"""


@dataclass(frozen=True)
class Piece:
    """Un pasaje y el archivo del que salió."""

    file: str
    text: str


def add_options(parser: command.Parser) -> None:
    """Declara lo que la orden acepta."""
    add = parser.add_argument
    add("folder", type=Path, metavar="CARPETA", help=f"se leen sus archivos {' y '.join(SUFFIXES)}, en UTF-8")
    add("question", metavar="PREGUNTA", help="la pregunta, entre comillas")
    add("--by", choices=("bm25", "embeddings"), default="bm25", help=BY)
    add("--k", type=command.COUNT, default=3, metavar="N", help="pasajes que lee el modelo (%(default)s)")
    add("--threshold", type=command.real(0), metavar="X", help=SILENCE)
    add("--length", type=command.COUNT, default=30, metavar="N", help="tokens de la respuesta (%(default)s)")
    add_model(parser)


def run(options: Namespace) -> command.Result:
    """Devuelve la respuesta o el silencio, con los pasajes y su archivo."""
    from siguiente.prompting.retrieval import best_passages

    if not options.question.strip():
        raise ValueError("La pregunta está vacía: escríbala entre comillas.")
    pieces = read_pieces(options.folder)
    scores = search(options.by, options.question, pieces)
    best = [pieces[i] for i in best_passages(scores, min(options.k, len(pieces)))[0].tolist()]
    shown = [f"[{piece.file}] {shorten(piece.text, 300, placeholder='…')}" for piece in best]
    facts = {
        "passages": [{"file": piece.file, "text": piece.text} for piece in best],
        "score": scores.max().item(),
    }
    if reason := why_silent(options, scores.max().item(), best, pieces):
        lines = ["Lo más parecido es esto:", *shown] if facts["score"] else []
        return command.Result("\n".join([f"No lo sé: {reason}.", *lines]), facts | {"answer": None})
    said = answer(options, [piece.text for piece in best])
    lines = [f"Respuesta de {options.model}: {said or '(nada)'}", "La sacó de aquí:", *shown]
    return command.Result("\n".join(lines), facts | {"answer": said})


def why_silent(options: Namespace, top: float, best: Sequence[Piece], pieces: Sequence[Piece]) -> str:
    """Por qué no se responde; vacío si hay con qué."""
    from siguiente.course.report.numbers import number

    if top <= 0:
        return "ningún pasaje se parece a la pregunta"
    least = COSINE if options.threshold is None and options.by == "embeddings" else options.threshold
    if least is not None and top < least:
        return f"el pasaje que más se parece puntúa {number(top, 2)}, y hace falta {number(least, 2)}"
    if least is None and not rare_words(options.question, best, pieces):
        return "lo que la pregunta comparte con los textos está en demasiados pasajes"
    return ""


def rare_words(question: str, best: Sequence[Piece], pieces: Sequence[Piece]) -> set[str]:
    """Las palabras de la pregunta que están en los pasajes hallados y en pocos más.

    >>> pieces = [Piece("h.txt", "La biblioteca abre a las nueve."), Piece("p.txt", "La piscina cierra.")]
    >>> sorted(rare_words("¿A qué hora abre la biblioteca?", pieces[:1], pieces))
    ['abr', 'biblioteca']
    """
    shared = {*roots(question)} & {word for piece in best for word in roots(piece.text)}
    known = [{*roots(piece.text)} for piece in pieces]
    return {word for word in shared if sum(word in words for words in known) <= max(1, len(pieces) // RARE)}


def roots(text: str) -> list[str]:
    """Las palabras con que se busca, sin tildes ni plurales: «niños» halla «niño».

    >>> roots("Los niños y las canciones de la cafetería"), roots("el nombre, los nombres")
    (['niño', 'cancion', 'cafeteria'], ['nombr', 'nombr'])
    """
    from siguiente.prompting.retrieval import search_words

    plain = " ".join(search_words(text)).translate(str.maketrans("áéíóúü", "aeiouu"))
    return [ENDING.sub("", word) for word in search_words(plain)]


def read_pieces(folder: Path) -> list[Piece]:
    """Lee los archivos de la carpeta, en orden, y los corta en pasajes."""
    from siguiente.course.cli.text_file import read_folder

    return [
        Piece(name, text) for name, content in read_folder(folder, SUFFIXES).items() for text in cut(content)
    ]


def cut(content: str, words: int = WORDS) -> list[str]:
    """Corta un texto en párrafos, y un párrafo largo, en trozos de `words` palabras."""
    paragraphs = (paragraph.split() for paragraph in content.split("\n\n"))
    return [" ".join(p[i : i + words]) for p in paragraphs for i in range(0, len(p), words)]


def search(by: str, question: str, pieces: Sequence[Piece]) -> "Tensor":
    """Puntúa cada pasaje, (1, N)."""
    import torch

    from siguiente.prompting.retrieval import Bm25, cosine_scores

    if by == "bm25":
        texts = [" ".join(roots(piece.text)) for piece in pieces]
        asked = " ".join(roots(question))
        return Bm25(texts).scores([asked]) if asked and any(texts) else torch.zeros(1, len(pieces))
    from siguiente.llm.embeddings import load_encoder

    encoder = load_encoder()
    return cosine_scores(encoder.embed([question]), encoder.embed([piece.text for piece in pieces]))


def answer(options: Namespace, passages: Sequence[str]) -> str:
    """Lo que el modelo escribe hasta el final de la línea, tras tres casos resueltos y los pasajes."""
    from siguiente.course.cli.models import open_model
    from siguiente.course.prompting.retrieval import solved_cases
    from siguiente.language_models.sampling import complete
    from siguiente.prompting.retrieval import retrieval_prompt

    prompt = solved_cases() + retrieval_prompt(options.question, passages)
    return complete(open_model(options), prompt, options.length, stop=["\n"])[0].strip()
