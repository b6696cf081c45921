"""Aprender un BPE: frente a contar todas las parejas en cada unión y frente a la biblioteca tokenizers."""

import json
from collections import Counter
from functools import partial
from itertools import pairwise
from pathlib import Path

from pairs import Benchmark

ROOT = Path(__file__).resolve().parents[1]
SIZE, VOCAB, RECOUNTED = 1_000_000, 4096, 64
LEARNED = VOCAB - 257  # uniones: el vocabulario sin los bytes ni el token de final


def benchmarks(folder: Path) -> list[Benchmark]:
    """El primer megabyte de los textos del propio curso, hasta 4096 tokens; las mismas uniones."""
    from siguiente.language_models.fast.bpe_training import train_bpe

    text = course_text()
    tokenizer = train_bpe([text], VOCAB)
    ours = [tuple(map(tokenizer.token_bytes, pair)) for pair in tokenizer.merges]
    if len(ours) != LEARNED or ours != library(text) or list(tokenizer.merges[:8]) != recounting(text, 8):
        raise ValueError("No salen las mismas uniones: lo que se mide no es lo mismo.")
    train = partial(train_bpe, [text], VOCAB)
    peer = partial(recounting, text, RECOUNTED)
    return [
        Benchmark("Una unión: contar todo de nuevo", train, peer, 1 / 50, 1, (LEARNED, RECOUNTED)),
        Benchmark(f"{LEARNED} uniones: tokenizers", train, partial(library, text), 20, 5),
    ]


def course_text() -> str:
    """Páginas, código y pruebas del curso, en orden, hasta completar un megabyte."""
    parts = (ROOT / part for part in ("docs", "src", "tests", "examples", "benchmarks"))
    kinds = (".md", ".rst", ".py", ".csv")
    paths = sorted(path for part in parts for path in part.rglob("*") if path.suffix in kinds)
    whole = "".join(path.read_text(encoding="utf-8") for path in paths if "_build" not in path.parts)
    text = whole.encode()[:SIZE].decode(errors="ignore")
    if len(text.encode()) < SIZE - 4:
        raise ValueError(f"Los textos del curso no llegan a {SIZE} bytes.")
    return text


def recounting(text: str, number: int) -> list[tuple[int, int]]:
    """La manera de minbpe: los tokens de todo el texto, y en cada unión, contar todas las parejas.

    minbpe guarda una lista de tokens por pieza, y aquí también; sus empates los gana la pareja que se vio
    antes, y aquí los gana la misma que en lo nuestro, para que salgan las mismas uniones. Ese desempate le
    cuesta el 0,2 % de una unión.
    """
    from siguiente.language_models.bpe import best_pair
    from siguiente.language_models.words import split_pieces

    chunks = [list(piece.encode()) for piece in split_pieces(text)]
    merges = []
    for new in range(257, 257 + number):
        counts = Counter[tuple[int, int]]()
        for ids in chunks:
            for pair in pairwise(ids):
                counts[pair] += 1
        merges.append(best_pair(counts))
        chunks = [replaced(ids, merges[-1], new) for ids in chunks]
    return merges


def replaced(ids: list[int], pair: tuple[int, int], new: int) -> list[int]:
    """La unión de minbpe: recorre la lista y escribe otra."""
    made, i = list[int](), 0
    while i < len(ids):
        if ids[i] == pair[0] and i < len(ids) - 1 and ids[i + 1] == pair[1]:
            made.append(new)
            i += 2
        else:
            made.append(ids[i])
            i += 1
    return made


def library(text: str) -> list[tuple[bytes, ...]]:
    """Las uniones de la biblioteca tokenizers, en bytes."""
    from tokenizers import Tokenizer, models, trainers
    from tokenizers.pre_tokenizers import ByteLevel

    from siguiente.language_models.words import byte_alphabet

    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB - 1, min_frequency=2, show_progress=False, initial_alphabet=ByteLevel.alphabet()
    )
    backend.train_from_iterator([text], trainer)
    byte = byte_alphabet()
    pairs = json.loads(backend.to_str())["model"]["merges"]
    return [tuple(bytes(byte[c] for c in token) for token in pair) for pair in pairs]
