"""ARPA: el formato de texto con que los programas de n-gramas se pasan un modelo."""

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
    """Por token, una palabra sin espacios: su número y su texto, con un punto por cada carácter que no se ve.

    >>> from siguiente.language_models.protocol import ByteTokenizer
    >>> words = arpa_words(ByteTokenizer())
    >>> words[32], words[115]
    ('32:·', '115:s')
    """
    texts = (tokenizer.token_bytes(i).decode(errors="replace") for i in range(tokenizer.vocab_size))
    return [f"{i}:{''.join(map(visible, text))}" for i, text in enumerate(texts)]


def visible(letter: str) -> str:
    """La letra, o un punto si es un espacio o no se ve."""
    return letter if letter.isprintable() and not letter.isspace() else "·"


def write_arpa(model: NGramModel, words: Sequence[str], path: Path) -> None:
    """Escribe en un archivo ARPA, que leen KenLM y otros programas, un modelo cuyos órdenes se combinan.
    Las palabras son una por token, como las de :func:`arpa_words`. Si el archivo ya estaba, se sustituye.

    >>> import tempfile
    >>> from siguiente.language_models.kneser_ney import kneser_ney
    >>> from siguiente.language_models.ngram_counts import count_ngrams
    >>> counts = count_ngrams(torch.tensor([0, 1, 1, 0]), 2, vocab_size=2, boundary=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_arpa(kneser_ney(counts), ["fin", "a"], Path(folder) / "a.arpa")
    ...     (Path(folder) / "a.arpa").read_text(encoding="utf-8").split("\\n")[:3]
    ['\\\\data\\\\', 'ngram 1=4', 'ngram 2=3']
    """
    write_atomically(path, "".join(f"{line}\n" for line in arpa_lines(model, words)))


def arpa_lines(model: NGramModel, words: Sequence[str]) -> Iterator[str]:
    """Las líneas de un archivo ARPA.

    ARPA describe modelos que retroceden: si un n-grama está, dice su probabilidad; si no, multiplica la del
    orden menor por el peso de retroceso de su contexto. Un modelo interpolado se escribe así sin perder nada:
    la probabilidad de cada n-grama visto ya lleva sumada la parte del orden menor, y el peso es la
    :math:`b(h)` de :func:`~siguiente.language_models.ngram.mix`. El límite entre textos es ``</s>`` cuando se
    predice y ``<s>`` cuando es contexto.
    """
    check(model, words)
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
    """Por orden, el texto de cada n-grama: el límite es el final o, como contexto, el comienzo."""
    texts = [END if x == index.boundary else word for x, word in enumerate(words)]
    last = texts
    yield texts
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
    one, zero = torch.ones(1), torch.zeros(2)
    kept = backoff.index_fill(0, torch.tensor([boundary]), 1.0)
    return [*texts, START, UNKNOWN], torch.cat([p, zero]), torch.cat([kept, backoff[[boundary]], one])


def log10(values: Tensor) -> list[float]:
    """Logaritmos decimales; el de cero, como se escribe en ARPA."""
    return values.log10().clamp(min=NEVER).tolist()


def check(model: NGramModel, words: Sequence[str]) -> None:
    """Comprueba que un modelo cabe en ARPA y que sus palabras se distinguen."""
    if not model.recursive:
        raise ValueError(
            "ARPA solo describe modelos que combinan sus órdenes: use `kneser_ney` o `interpolate`."
        )
    if len(words) != model.vocab_size or len(set(words)) != len(words):
        raise ValueError(f"Hace falta una palabra distinta por token, {model.vocab_size} en total.")
    if wrong := [word for word in words if word.split() != [word] or word in (START, END, UNKNOWN)]:
        raise ValueError(f"En ARPA no se puede escribir {wrong[0]!r}: use las palabras de `arpa_words`.")
