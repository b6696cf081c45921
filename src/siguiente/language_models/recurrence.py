"""Lo que vuelve: cuánto cuesta una palabra la primera vez que sale en un texto, y las siguientes."""

from collections.abc import Sequence

import torch
from torch import Tensor

from siguiente.language_models.protocol import LanguageModel
from siguiente.language_models.scoring import score
from siguiente.language_models.text import TextModel

__all__ = ["mention_nats"]


def mention_nats(model: TextModel[LanguageModel], texts: Sequence[str], words: Sequence[str]) -> list[Tensor]:
    """Lo que cuesta una palabra de cada texto en su primera mención, en la segunda, etcétera.

    Parameters
    ----------
    model : TextModel
        Un modelo cuyo tokenizador da a esas palabras un solo token.
    texts : sequence of str
        N textos.
    words : sequence of str
        La palabra que interesa de cada uno, como el nombre de su protagonista.

    Returns
    -------
    list of Tensor
        Por mención, -log p en nats de los textos que llegan a ella, en orden.

    Raises
    ------
    ValueError
        Si no hay tantas palabras como textos, o si una no aparece como un solo token en el suyo.

    Examples
    --------
    >>> from siguiente.language_models.uniform import UniformModel
    >>> from siguiente.language_models.words import WordTokenizer
    >>> text = "Ana rio, y Ana se fue."
    >>> tokenizer = WordTokenizer.from_texts([text])
    >>> uniform = TextModel(UniformModel(tokenizer.vocab_size), tokenizer)
    >>> [len(nats) for nats in mention_nats(uniform, [text], ["Ana"])]
    [1, 1]
    """
    if len(texts) != len(words):
        raise ValueError(f"Hay {len(texts)} textos y {len(words)} palabras: dé una palabra por texto.")
    rows = [_mentions(model, text, word) for text, word in zip(texts, words, strict=True)]
    return [
        torch.stack([row[k] for row in rows if len(row) > k]) for k in range(max(map(len, rows), default=0))
    ]


def _mentions(model: TextModel[LanguageModel], text: str, word: str) -> Tensor:
    """El precio de cada mención de la palabra en un texto."""
    ids = torch.tensor(model.encode(text))
    written = [model.tokenizer.token_bytes(token).strip() for token in ids[1:].tolist()]
    found = torch.tensor([token == word.encode() for token in written])
    if not found.any():
        raise ValueError(f"«{word}» no es un token de «{text[:40]}…»: use otra palabra u otro tokenizador.")
    return -score(model.model, ids[None])[0, found].double()
