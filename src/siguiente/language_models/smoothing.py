"""Suavizados sencillos: máxima verosimilitud, sumar k e interpolar."""

from collections.abc import Sequence

import torch
from torch import Tensor

from siguiente.language_models.fast.ngram_index import usable_context
from siguiente.language_models.ngram import NGramModel, Table
from siguiente.language_models.ngram_counts import NGramCounts, per_prefix


def maximum_likelihood(counts: NGramCounts) -> NGramModel:
    """Estima cada probabilidad con la frecuencia relativa, sin suavizar.

    .. math:: p(x \\mid h) = \\frac{c(h x)}{c(h)}.

    Lo que nunca se vio tras un contexto conocido tiene probabilidad 0, y su logaritmo es -∞. Tras un contexto
    nunca visto, cualquier distribución hace máxima la verosimilitud: se da la uniforme, la que menos supone.

    >>> from siguiente.language_models.ngram_counts import count_ngrams
    >>> bigram = maximum_likelihood(count_ngrams(torch.tensor([0, 1, 2, 1, 0]), 2, vocab_size=3, boundary=0))
    >>> bigram.score(torch.tensor([[0, 1, 2, 2]])).exp()
    tensor([[1.0000, 0.5000, 0.0000]])
    """
    return add_k(counts, 0.0)


def add_k(counts: NGramCounts, k: float = 1.0) -> NGramModel:
    """Suma `k`, 0 o más, a todas las cuentas; con 1, es el suavizado de Laplace.

    .. math:: p(x \\mid h) = \\frac{c(h x) + k}{c(h) + k V}
       = \\frac{c(h x)}{c(h) + k V} + \\frac{k V}{c(h) + k V} \\cdot \\frac{1}{V}.

    Escrito de la segunda manera se ve que es una mezcla con la distribución uniforme.

    >>> from siguiente.language_models.ngram_counts import count_ngrams
    >>> bigram = add_k(count_ngrams(torch.tensor([0, 1, 2, 1, 0]), 2, vocab_size=3, boundary=0))
    >>> bigram.score(torch.tensor([[0, 1, 2, 2]])).exp()
    tensor([[0.5000, 0.4000, 0.2500]])
    """
    tables = []
    for order, seen in enumerate(counts.counts, start=1):
        added = per_prefix(counts.index, order, seen) + k * counts.index.vocab_size  # c(h) + kV
        tables.append(divided(counts, order, seen, added, k * counts.index.vocab_size))
    return NGramModel(counts.index, tuple(tables), recursive=False)


def divided(counts: NGramCounts, order: int, seen: Tensor, total: Tensor, rest: float) -> Table:
    """Las cuentas y el resto, entre el total de su contexto; un contexto sin cuentas lo reserva todo."""
    empty, total = total == 0, total.double()
    direct = seen / total[counts.index.prefixes(order)]
    return Table(torch.cat([direct, direct.new_zeros(1)]), torch.where(empty, 1.0, rest / total))


def _relative_frequency(counts: NGramCounts, order: int) -> Table:
    """La frecuencia relativa de cada k-grama tras su prefijo; un contexto sin cuentas lo reserva todo."""
    seen = counts.counts[order - 1]
    return divided(counts, order, seen, per_prefix(counts.index, order, seen), 0.0)


def interpolate(counts: NGramCounts, weights: Sequence[float]) -> NGramModel:
    """Mezcla las frecuencias relativas de todos los órdenes (Jelinek y Mercer).

    .. math:: p(x \\mid h) = \\frac{\\lambda_0}{V} + \\sum_{k=1}^{n} \\lambda_k\\, \\frac{c(h_k x)}{c(h_k)},

    con :math:`h_k` por los últimos :math:`k-1` tokens. Los n + 1 pesos suman 1; los calcula
    :func:`fit_weights`. Donde falta un orden, porque su contexto no se vio, los pesos de los demás se
    agrandan hasta volver a sumar 1.

    >>> from siguiente.language_models.ngram_counts import count_ngrams
    >>> counts = count_ngrams(torch.tensor([0, 1, 2, 1, 0]), 2, vocab_size=3, boundary=0)
    >>> interpolate(counts, [0.2, 0.3, 0.5]).score(torch.tensor([[0, 1]])).exp()
    tensor([[0.7167]])
    """
    if len(weights) != counts.order + 1 or min(weights) < 0 or abs(sum(weights) - 1) > 1e-6:
        raise ValueError(f"Hacen falta {counts.order + 1} pesos, ninguno negativo, que sumen 1: {weights}.")
    tables = []
    for order, share in enumerate(stopping(torch.tensor(weights).double()), start=1):
        direct, empty = _relative_frequency(counts, order)
        tables.append(Table(share * direct, 1 - share * (1 - empty)))
    return NGramModel(counts.index, tuple(tables))


def stopping(weights: Tensor) -> Tensor:
    """De los pesos (n + 1,) a la probabilidad de quedarse en cada orden al bajar desde el mayor, (n,)."""
    reached = weights.cumsum(0)[1:]
    return torch.where(reached > 0, weights[1:] / reached, 0.0)


def settled(shares: Tensor) -> Tensor:
    """Lo contrario de :func:`stopping`: la probabilidad de acabar en cada orden, (n + 1, ...)."""
    one = torch.ones_like(shares[:1])
    passed = torch.cat([(1 - shares).flip(0).cumprod(0).flip(0), one])  # por encima, nadie se quedó
    return passed * torch.cat([one, shares])


def fit_weights(counts: NGramCounts, held_out: Tensor, iterations: int = 50) -> list[float]:
    """Ajusta los n + 1 pesos de :func:`interpolate` a otro flujo de tokens, (N,), que no se contó.

    Con el mismo del que salen las cuentas, todo el peso iría al orden mayor. Es el algoritmo EM. Cada token
    se explica bajando desde el orden mayor y quedándose en uno; el paso E calcula con qué probabilidad se
    quedó en cada uno y el paso M, de las veces que llegó a un orden, en cuántas se quedó. Ninguna vuelta
    empeora la probabilidad de `held_out`.

    >>> from siguiente.language_models.ngram_counts import count_ngrams
    >>> counts = count_ngrams(torch.tensor([0, 1, 2, 1, 2, 0]), 2, vocab_size=3, boundary=0)
    >>> [round(weight, 1) for weight in fit_weights(counts, torch.tensor([0, 1, 2, 2, 0]))]
    [0.0, 0.4, 0.6]
    """
    p, known = order_frequencies(counts, held_out)
    shares = torch.full((counts.order,), 0.5, dtype=torch.double)
    for _ in range(iterations):
        joint = settled(shares[:, None] * known) * p  # (n + 1, N - 1): se queda ahí y sale ese token
        posterior = joint / joint.sum(0)
        arrived = posterior.cumsum(0)[1:] * known
        shares = (posterior[1:] * known).sum(1) / arrived.sum(1).clamp(min=1e-12)
    return settled(shares).tolist()


def order_frequencies(counts: NGramCounts, stream: Tensor) -> tuple[Tensor, Tensor]:
    """La frecuencia de cada token según cada orden, (n + 1, N - 1), y si su contexto se vio, (n, N - 1)."""
    grams = counts.index.match(stream[None])
    context = usable_context(stream[None], counts.index.boundary)[0, :-1]
    p, known = [torch.full((len(stream) - 1,), 1 / counts.index.vocab_size, dtype=torch.double)], []
    for k in range(1, counts.order + 1):
        direct, empty = _relative_frequency(counts, k)
        p.append(direct[grams[k][0, 1:]])
        known.append((context >= k - 1) & (empty[grams[k - 1][0, :-1]] == 0))
    return torch.stack(p), torch.stack(known)
