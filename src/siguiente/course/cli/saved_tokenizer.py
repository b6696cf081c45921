"""Guardar un tokenizador junto al modelo que se entrenó con él, y volver a abrirlo."""

import json
import os
from pathlib import Path

from siguiente.course.cli.text_file import read_utf8
from siguiente.language_models.bpe import BPETokenizer
from siguiente.language_models.words import WordTokenizer
from siguiente.runtime.store import write_atomically


def save_tokenizer(tokenizer: WordTokenizer | BPETokenizer, path: str | os.PathLike[str]) -> None:
    """Escribe un tokenizador en un archivo JSON, entero o nada; si ya estaba, se sustituye."""
    if isinstance(tokenizer, WordTokenizer):
        content: dict[str, object] = {"words": tokenizer.words}
    else:
        content = {"merges": tokenizer.merges}
    write_atomically(Path(path), json.dumps(content, ensure_ascii=False) + "\n")


def load_tokenizer(path: str | os.PathLike[str]) -> WordTokenizer | BPETokenizer:
    """Abre un tokenizador que guardó :func:`save_tokenizer`, igual que el que se guardó.

    >>> import tempfile
    >>> words = WordTokenizer.from_texts(["El gato ve al gato."])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_tokenizer(words, Path(folder) / "tokenizer.json")
    ...     load_tokenizer(Path(folder) / "tokenizer.json") == words
    True
    """
    path = Path(path)
    try:
        return _tokenizer(json.loads(read_utf8(path, advice="")))
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"{path.name} está dañado o no es un tokenizador del curso.") from error


def _tokenizer(content: object) -> WordTokenizer | BPETokenizer:
    """Comprueba lo leído, campo a campo, y hace con ello un tokenizador."""
    match content:
        case {"words": [*words]} if all(isinstance(word, str) and word for word in words):
            return WordTokenizer(tuple(words))
        case {"merges": [*merges]} if all(_is_pair(pair) for pair in merges):
            return BPETokenizer(tuple((left, right) for left, right in merges))
    raise TypeError("No tiene ni palabras ni uniones.")


def _is_pair(pair: object) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and all(type(token) is int for token in pair)
