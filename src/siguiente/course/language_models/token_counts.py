"""Mirar cómo corta un tokenizador y contar cuánto le cuesta escribir un texto."""

from collections.abc import Sequence

import torch
from torch import Tensor

from siguiente.language_models.protocol import Tokenizer


def visible_tokens(tokenizer: Tokenizer, text: str) -> list[str]:
    """Los tokens de un texto, para leerlos, con ␣ por espacio y ⏎ por salto de línea; los que no llegan a un
    carácter, con sus bytes, como <C3>.

    >>> from siguiente.language_models.protocol import ByteTokenizer
    >>> visible_tokens(ByteTokenizer(), "a ñ")
    ['a', '␣', '<C3>', '<B1>']
    """
    return [visible_token(tokenizer.token_bytes(token)) for token in tokenizer.encode(text)]


def visible_token(data: bytes) -> str:
    """Los bytes de un token, para leerlos.

    >>> visible_token(" ñu".encode()), visible_token(b"\\xc3")
    ('␣ñu', '<C3>')
    """
    try:
        return data.decode().translate({ord(" "): "␣", ord("\n"): "⏎"})
    except UnicodeDecodeError:
        return "".join(f"<{byte:02X}>" for byte in data)


def count_tokens(tokenizer: Tokenizer, texts: Sequence[str]) -> Tensor:
    """Cuántos tokens tiene cada texto, (N,), como números reales.

    >>> from siguiente.language_models.protocol import ByteTokenizer
    >>> count_tokens(ByteTokenizer(), ["sí", "no"])
    tensor([3., 2.], dtype=torch.float64)
    """
    return torch.tensor([len(tokenizer.encode(text)) for text in texts], dtype=torch.double)


def tokens_per_word(tokenizer: Tokenizer, texts: Sequence[str]) -> Tensor:
    """Cuántos tokens gasta cada texto por palabra, (N,); los signos pegados son de la palabra.

    >>> from siguiente.language_models.words import WordTokenizer
    >>> tokens_per_word(WordTokenizer.from_texts(["no y no"]), ["no y no.", "no"])
    tensor([1.3333, 1.0000], dtype=torch.float64)
    """
    words = torch.tensor([len(text.split()) for text in texts], dtype=torch.double)
    return count_tokens(tokenizer, texts) / words
