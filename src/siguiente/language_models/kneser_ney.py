"""Kneser-Ney: restar lo mismo a cada cuenta y, en los órdenes menores, contar contextos en lugar de veces."""

from collections.abc import Sequence

import torch
from torch import Tensor

from siguiente.language_models.ngram import NGramModel, Table
from siguiente.language_models.ngram_counts import NGramCounts, per_prefix

DEFAULT_DISCOUNT = 0.5  # si nada se vio una sola vez, la fórmula no dice nada


def continuation_counts(counts: NGramCounts) -> list[Tensor]:
    """Tras cuántos tokens distintos aparece cada n-grama, (size(k),) por orden; en el mayor, cuántas veces.

    .. math:: N_{1+}(\\bullet\\, g) = |\\{v : c(v\\,g) > 0\\}|.

    En el orden mayor no hay con qué alargar los n-gramas. Los que empiezan un texto no tienen nada delante.
    Unos y otros conservan su cuenta, como en KenLM.

    >>> from siguiente.language_models.ngram_counts import count_ngrams
    >>> counts = count_ngrams(torch.tensor([0, 1, 2, 1, 2, 0]), 2, vocab_size=3, boundary=0)
    >>> counts.counts[0].tolist(), continuation_counts(counts)[0].tolist()
    ([1, 2, 2], [1, 2, 1])
    """
    longer, made = counts.index.suffixes(), []
    for k, seen in enumerate(counts.counts[:-1], start=1):
        kinds = longer[k].bincount(minlength=len(seen))
        made.append(torch.where(counts.index.starts_at_boundary(k), seen, kinds))
    return [*made, counts.counts[-1]]


def estimate_discount(seen: Tensor) -> float:
    """Estima cuánto hay que restar a cada cuenta de un orden, (N,): entre 0 y 1.

    Con :math:`n_1` y :math:`n_2` por cuántos n-gramas se vieron una y dos veces :cite:p:`chen1999`,

    .. math:: D = \\frac{n_1}{n_1 + 2 n_2}.

    >>> estimate_discount(torch.tensor([1, 1, 2, 5]))
    0.5
    """
    once, twice = (seen == 1).sum().item(), (seen == 2).sum().item()
    return once / (once + 2 * twice) if once else DEFAULT_DISCOUNT


def discounted(counts: NGramCounts, order: int, seen: Tensor, discount: float) -> Table:
    """Resta el descuento, D, a cada cuenta, (size(order),), y reserva, por contexto, la suma de lo restado.

    Con :math:`N_{1+}(h\\,\\bullet)` por los tokens distintos que siguen a :math:`h`,

    .. math:: d(h x) = \\frac{\\max(c(h x) - D,\\, 0)}{\\sum_{x'} c(h x')}, \\qquad
       b(h) = \\frac{D\\, N_{1+}(h\\,\\bullet)}{\\sum_{x'} c(h x')}.

    >>> from siguiente.language_models.ngram_counts import count_ngrams
    >>> counts = count_ngrams(torch.tensor([0, 1, 1, 0]), 2, vocab_size=2, boundary=0)
    >>> discounted(counts, 2, counts.counts[1], discount=0.5).direct
    tensor([0.5000, 0.2500, 0.2500, 0.0000], dtype=torch.float64)
    """
    total = per_prefix(counts.index, order, seen).double()
    kinds = per_prefix(counts.index, order, (seen > 0).long())
    direct = (seen - discount).clamp(min=0) / total.clamp(min=1)[counts.index.prefixes(order)]
    backoff = torch.where(total > 0, discount * kinds / total, 1.0)
    return Table(torch.cat([direct, direct.new_zeros(1)]), backoff)


def kneser_ney(counts: NGramCounts, discounts: Sequence[float] | None = None) -> NGramModel:
    """Construye un modelo de Kneser-Ney interpolado, con un descuento por orden, dado o estimado.

    De Kneser y Ney :cite:p:`kneser1995` hay muchas variantes. Esta es la interpolada :cite:p:`chen1999`: cada
    orden se mezcla siempre con el anterior, no solo donde falta; un solo descuento por orden; cuentas en el
    orden mayor y :func:`continuation_counts` en los demás; y, bajo los unigramas, la distribución uniforme.
    Así, todo token tiene probabilidad, aunque no se viera nunca.

    >>> from siguiente.language_models.ngram_counts import count_ngrams
    >>> counts = count_ngrams(torch.tensor([0, 1, 2, 1, 2, 0]), 2, vocab_size=3, boundary=0)
    >>> kneser_ney(counts, [0.5, 0.5]).step(torch.tensor([[0]]))[0].exp()
    tensor([[[0.1250, 0.7500, 0.1250]]])
    """
    seen = continuation_counts(counts)
    chosen = [estimate_discount(c) for c in seen] if discounts is None else list(discounts)
    if len(chosen) != counts.order or not all(0 <= d <= 1 for d in chosen):
        raise ValueError(f"Hace falta un descuento entre 0 y 1 por orden, {counts.order}: {chosen}.")
    rows = zip(seen, chosen, strict=True)
    tables = [discounted(counts, order, *row) for order, row in enumerate(rows, start=1)]
    return NGramModel(counts.index, tuple(tables))
