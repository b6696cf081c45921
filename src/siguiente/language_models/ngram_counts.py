"""Contar: cuántas veces aparece cada n-grama de un flujo de tokens."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from siguiente.language_models.fast.ngram_index import PADDING, NGramIndex, usable_context


@dataclass(frozen=True, eq=False)
class NGramCounts:
    """Las cuentas de los n-gramas de un corpus, de orden 1 a n: por orden, un vector (size(k),)."""

    index: NGramIndex
    counts: tuple[Tensor, ...]

    @property
    def order(self) -> int:
        """El orden mayor, n."""
        return self.index.order

    def up_to(self, order: int) -> "NGramCounts":
        """Las cuentas de los órdenes hasta `order`: las mismas que si solo se hubieran contado esos.

        >>> count_ngrams(torch.tensor([0, 1, 2, 0]), order=3, vocab_size=3, boundary=0).up_to(2).order
        2
        """
        return NGramCounts(replace(self.index, keys=self.index.keys[:order]), self.counts[:order])


def count_ngrams(stream: Tensor, order: int, vocab_size: int, boundary: int) -> NGramCounts:
    """Cuenta los n-gramas de orden 1 a `order` de un flujo de tokens, (N,).

    El flujo es como el de :func:`~siguiente.language_models.windows.token_stream`: nada predice su primer
    token, y tras cada `boundary`, que separa los textos, el contexto vuelve a empezar. No hay ningún bucle
    sobre el texto: cada orden cuesta una ordenación de N números.

    >>> made = count_ngrams(torch.tensor([0, 1, 2, 1, 2, 0]), order=2, vocab_size=3, boundary=0)
    >>> [counts.tolist() for counts in made.counts]
    [[1, 2, 2], [1, 2, 1, 1]]
    """
    if len(stream) < 2 or stream.min() < 0 or stream.max() >= vocab_size:
        raise ValueError("El flujo está vacío o tiene tokens de otro tokenizador: use `token_stream`.")
    context = usable_context(stream[None], boundary)[0, :-1]  # al predecir las posiciones 1, 2…
    before, after = stream[:-1], stream[1:]
    keys, counts = [pad(torch.arange(vocab_size))], [after.bincount(minlength=vocab_size)]
    prefix = before  # el (k-1)-grama que acaba justo antes de cada posición
    for k in range(2, order + 1):
        usable = context >= k - 1
        grams = prefix[usable] * vocab_size + after[usable]
        found, inverse, times = torch.unique(grams, return_inverse=True, return_counts=True)
        keys.append(pad(found))
        counts.append(times)
        prefix = torch.full_like(after, len(found))  # nunca visto
        prefix[1:].masked_scatter_(usable[:-1], inverse)
    return NGramCounts(NGramIndex(vocab_size, boundary, tuple(keys)), tuple(counts))


def pad(keys: Tensor) -> Tensor:
    """Cierra un vector de claves."""
    return torch.cat([keys, torch.tensor([PADDING])])


def per_prefix(index: NGramIndex, order: int, values: Tensor) -> Tensor:
    """Suma los valores de los n-gramas que comparten prefijo: (size(order),) pasa a (size(order - 1) + 1,).

    El último, cero, es el del prefijo nunca visto.

    >>> made = count_ngrams(torch.tensor([0, 1, 2, 1, 1, 0]), order=2, vocab_size=3, boundary=0)
    >>> per_prefix(made.index, 2, made.counts[1])
    tensor([1, 3, 1, 0])
    """
    total = torch.zeros(index.size(order - 1) + 1, dtype=values.dtype)
    return total.index_add_(0, index.prefixes(order), values)
