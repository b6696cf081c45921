"""Elegir el token siguiente: lo que deja un filtro."""

from torch import Tensor

from siguiente.language_models.sampling import Filter


def token_points(logits: Tensor, tokens: Tensor) -> list[tuple[float, float, float]]:
    """La probabilidad de unos tokens (K,) según unos logits (V,), como puntos sin intervalo.

    >>> import torch
    >>> token_points(torch.tensor([0.0, 0.0]), torch.tensor([1]))
    [(0.5, 0.5, 0.5)]
    """
    return [(p, p, p) for p in logits.softmax(-1)[tokens].tolist()]


def kept(cut: Filter, logits: Tensor) -> tuple[int, float]:
    """Cuántos tokens deja un filtro de unos logits (V,) y qué probabilidad juntaban antes de filtrar.

    >>> import torch
    >>> from functools import partial
    >>> from siguiente.language_models.decoding import top_k
    >>> kept(partial(top_k, k=2), torch.zeros(4))
    (4, 1.0)
    """
    stays = cut(logits).isfinite()
    return int(stays.sum()), logits.softmax(-1)[stays].sum().item()
