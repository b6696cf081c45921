"""Modelos de n-gramas: un solo cálculo para todos los suavizados, que solo cambian dos tablas."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from siguiente.language_models.fast.ngram_index import NGramIndex, usable_context
from siguiente.language_models.protocol import TensorState


class Table(NamedTuple):
    """Lo que un suavizado decide para un orden k.

    `direct` es lo que da a cada k-grama por haberlo contado, (size(k) + 1,); `backoff`, la parte que cada
    contexto reserva para lo demás, (size(k - 1) + 1,). Sus últimos elementos, 0 y 1, son los de lo no visto.
    """

    direct: Tensor
    backoff: Tensor


def mix(terms: Iterable[tuple[Tensor, Tensor]], context: Tensor, vocab_size: int, recursive: bool) -> Tensor:
    """Combina los órdenes, del menor al mayor, y devuelve probabilidades.

    Con :math:`h` por contexto de :math:`k-1` tokens, :math:`h'` por el mismo sin el primero y
    :math:`p_0=1/V`,

    .. math:: p_k(x \\mid h) = d_k(h x) + b_k(h)\\, p_{k-1}(x \\mid h').

    Cada término es lo que un orden da al token, `direct`, y lo que su contexto reserva, `backoff`, que se
    reparte a partes iguales si no es `recursive`. No cuenta un orden que necesita más tokens que `context`.

    >>> unigrams = torch.tensor([0.5, 0.0]), torch.tensor(0.5)
    >>> mix([unigrams], torch.tensor(0), vocab_size=2, recursive=True)
    tensor([0.7500, 0.2500])
    """
    uniform = p = torch.tensor(1 / vocab_size, dtype=torch.double)
    for k, (direct, backoff) in enumerate(terms, start=1):
        p = torch.where(context >= k - 1, direct + backoff * (p if recursive else uniform), p)
    return p


@dataclass(frozen=True, eq=False)
class NGramModel:
    """Predice cada token con los n - 1 anteriores, mirando en unas tablas, una por orden, de 1 a n.

    Al comienzo de un texto, donde no hay n - 1 tokens, predice el orden de los que hay. El límite entre
    textos cuenta como token: el contexto del primero es el propio límite. Lo que un orden reserva se reparte
    según el anterior o, si no es `recursive`, a partes iguales. Lo explica la página :ref:`sec-ngrams`.

    >>> from siguiente.language_models.ngram_counts import count_ngrams
    >>> from siguiente.language_models.smoothing import maximum_likelihood
    >>> stream = torch.tensor([0, 1, 2, 0, 1, 1, 0])
    >>> bigram = maximum_likelihood(count_ngrams(stream, order=2, vocab_size=3, boundary=0))
    >>> bigram.step(torch.tensor([[0, 1]]))[0].exp()
    tensor([[[0.3333, 0.3333, 0.3333]]])
    """

    index: NGramIndex
    tables: tuple[Table, ...]
    recursive: bool = True
    context_length: int | None = None

    @property
    def order(self) -> int:
        """El orden, n, que usa n - 1 tokens de contexto."""
        return len(self.tables)

    @property
    def vocab_size(self) -> int:
        """Número de tokens, V."""
        return self.index.vocab_size

    @property
    def table_bytes(self) -> int:
        """Los bytes que ocupan las tablas."""
        return sum(tensor.nbytes for tensors in (self.index.keys, *self.tables) for tensor in tensors)

    def step(
        self, ids: Tensor, state: TensorState | None = None, last: int = 1
    ) -> tuple[Tensor, TensorState]:
        """Log-probabilidades del token siguiente, (B, last, V), y los últimos n - 1 tokens."""
        text = self._joined(ids, state)
        prefixes = [grams[:, -last:] for grams in self.index.match(text)[: self.order]]
        context = usable_context(text, self.index.boundary)[:, -last:]
        terms = ((self._rows(k, h), self.tables[k - 1].backoff[h, None]) for k, h in enumerate(prefixes, 1))
        p = mix(terms, context[..., None], self.vocab_size, self.recursive)
        return p.log().float(), TensorState(text[:, max(0, text.shape[1] - self.order + 1) :])

    def score(self, ids: Tensor, state: TensorState | None = None, start: int = 1) -> Tensor:
        """Log-probabilidad de cada token, (B, T - start), sin formar las filas de V."""
        text = self._joined(ids, state)
        count = ids.shape[1] - start
        grams = self.index.match(text)
        context = usable_context(text, self.index.boundary)[:, -count - 1 : -1]
        pairs = zip(self.tables, grams, grams[1:], strict=False)
        terms = ((t.direct[gram[:, -count:]], t.backoff[h[:, -count - 1 : -1]]) for t, h, gram in pairs)
        return mix(terms, context, self.vocab_size, self.recursive).log().float()

    def _rows(self, order: int, prefix: Tensor) -> Tensor:
        """Lo que un orden da a cada token tras cada prefijo: (B, T) pasa a (B, T, V)."""
        rows, grams, tokens = self.index.children(order, prefix.flatten())
        direct = torch.zeros(prefix.numel(), self.vocab_size, dtype=torch.double)
        direct[rows, tokens] = self.tables[order - 1].direct[grams]
        return direct.view(*prefix.shape, self.vocab_size)

    def _joined(self, ids: Tensor, state: TensorState | None) -> Tensor:
        """Pone delante de los tokens los que se leyeron antes, comunes o por fila."""
        if ids.min() < 0 or ids.max() >= self.vocab_size:
            raise ValueError("Hay un token fuera del vocabulario: ¿es de otro tokenizador?")
        return ids if state is None else torch.cat([state.tensor.expand(len(ids), -1), ids], 1)
