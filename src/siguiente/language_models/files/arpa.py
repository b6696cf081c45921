"""ARPA: el formato de texto con que los programas de n-gramas, como KenLM, se pasan un modelo."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from siguiente.language_models.fast.ngram_index import NGramIndex
from siguiente.language_models.ngram import NGramModel
from siguiente.language_models.protocol import Tokenizer
from siguiente.runtime.store import write_atomically

NEVER = -99.0  # así se escribe en ARPA el logaritmo de cero
START, END, UNKNOWN = "<s>", "</s>", "<unk>"


def arpa_words(tokenizer: Tokenizer) -> list[str]:
    """Da a cada token una palabra sin espacios, que es como ARPA los distingue: su número y su texto.

    >>> from siguiente.language_models.protocol import ByteTokenizer
    >>> arpa_words(ByteTokenizer())[115]
    '115:s'
    """
    texts = (tokenizer.token_bytes(i).decode(errors="replace") for i in range(tokenizer.vocab_size))
    return [f"{i}:{''.join(map(visible, text))}" for i, text in enumerate(texts)]


def visible(letter: str) -> str:
    """La letra, o un punto si es un espacio o no se ve."""
    return letter if letter.isprintable() and not letter.isspace() else "·"


def write_arpa(model: NGramModel, words: Sequence[str], path: Path) -> None:
    """Escribe en ARPA un modelo cuyos órdenes se combinan, el de Kneser-Ney o uno interpolado."""
    if not model.recursive:
        raise ValueError("ARPA solo describe modelos que combinan sus órdenes: Kneser-Ney o interpolación.")
    write_atomically(path, "".join(f"{line}\n" for line in arpa_lines(model, words)))


def arpa_lines(model: NGramModel, words: Sequence[str]) -> Iterator[str]:
    """Las líneas de un archivo ARPA.

    ARPA retrocede: si un n-grama está, dice su probabilidad; si no, multiplica la del orden menor por el peso
    de su contexto. En un modelo interpolado, la de cada n-grama visto lleva ya la parte del orden menor, y el
    peso es la :math:`b(h)` de :func:`~siguiente.language_models.ngram.mix`. El límite entre textos es
    ``</s>`` cuando se predice y ``<s>`` cuando es contexto.

    >>> from siguiente.language_models.kneser_ney import kneser_ney
    >>> from siguiente.language_models.ngram_counts import count_ngrams
    >>> counts = count_ngrams(torch.tensor([0, 1, 1, 0]), 2, vocab_size=2, boundary=0)
    >>> list(arpa_lines(kneser_ney(counts), ["fin", "a"]))[:3]
    ['\\\\data\\\\', 'ngram 1=4', 'ngram 2=3']
    """
    yield "\\data\\"
    for k in range(1, model.order + 1):
        yield f"ngram {k}={model.index.size(k) + (2 if k == 1 else 0)}"
    seen = zip(gram_texts(model.index, words), seen_probabilities(model), strict=True)
    for k, (texts, p) in enumerate(seen, start=1):
        backoff = model.tables[k].backoff[:-1] if k < model.order else torch.ones(len(p))
        if k == 1:
            texts, p, backoff = with_start(model.index.boundary, texts, p, backoff)
        yield f"\n\\{k}-grams:"
        for text, value, rest in zip(texts, log10(p), log10(backoff), strict=True):
            yield f"{value:.8f}\t{text}" + (f"\t{rest:.8f}" if rest else "")
    yield "\n\\end\\"


def gram_texts(index: NGramIndex, words: Sequence[str]) -> Iterator[list[str]]:
    """Por orden, el texto de cada n-grama."""
    last = [END if x == index.boundary else word for x, word in enumerate(words)]
    yield last
    before = [START if x == index.boundary else word for x, word in enumerate(words)]
    for k in range(2, index.order + 1):
        pairs = zip(index.prefixes(k).tolist(), index.tokens(k).tolist(), strict=True)
        before = [f"{before[h]} {last[x]}" for h, x in pairs]
        yield before


def seen_probabilities(model: NGramModel) -> Iterator[Tensor]:
    """Por orden, la probabilidad de cada n-grama visto, con la parte que le toca del orden menor."""
    p = torch.tensor([1 / model.vocab_size], dtype=torch.double)
    orders = zip(model.tables, model.index.suffixes(), strict=True)
    for k, (table, suffixes) in enumerate(orders, start=1):
        p = table.direct[:-1] + table.backoff[model.index.prefixes(k)] * p[suffixes]
        yield p


def with_start(
    boundary: int, texts: list[str], p: Tensor, backoff: Tensor
) -> tuple[list[str], Tensor, Tensor]:
    """Añade el comienzo, que nunca se predice y lleva el peso del límite, y la palabra desconocida."""
    kept = backoff.index_fill(0, torch.tensor([boundary]), 1.0)
    weights = torch.cat([kept, backoff[[boundary]], torch.ones(1)])
    return [*texts, START, UNKNOWN], torch.cat([p, torch.zeros(2)]), weights


def log10(values: Tensor) -> list[float]:
    """Logaritmos decimales; el de cero, como se escribe en ARPA."""
    return values.log10().clamp(min=NEVER).tolist()
