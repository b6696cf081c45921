"""Vecinos: qué palabras quedan cerca en el espacio de los vectores que aprendió un modelo."""

import torch
import torch.nn.functional as F
from torch import Tensor


def nearest(vectors: Tensor, k: int) -> Tensor:
    """Los `k` vectores más cercanos a cada uno, (N, C) -> (N, k), por orden y sin contarse a sí mismo.
    La cercanía es el coseno, :math:`\\cos(u, v) = u \\cdot v / (\\|u\\| \\|v\\|)`: no mira la longitud.

    >>> nearest(torch.tensor([[1.0, 0.0], [2.0, 0.1], [0.0, 1.0]]), k=1).tolist()
    [[1], [0], [1]]
    """
    directions = F.normalize(vectors, dim=-1)
    cosines = directions @ directions.T  # (N, N)
    return cosines.fill_diagonal_(-torch.inf).topk(k).indices


def neighbour_agreement(vectors: Tensor, categories: Tensor, k: int) -> Tensor:
    """Por palabra, (N,), la proporción de sus `k` vecinos que son de su categoría, de las categorías (N,).

    >>> vectors = torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]])
    >>> neighbour_agreement(vectors, torch.tensor([0, 0, 1, 1]), k=1)
    tensor([1., 1., 1., 1.])
    """
    same = categories[nearest(vectors, k)] == categories[:, None]  # (N, k)
    return same.float().mean(1)


def chance_agreement(categories: Tensor) -> float:
    """Lo que daría `neighbour_agreement`, de media, si los vecinos se eligieran al azar.

    >>> round(chance_agreement(torch.tensor([0, 0, 1, 1])), 4)
    0.3333
    """
    counts = categories.unique(return_counts=True)[1].double()
    total = len(categories)
    return ((counts / total) * (counts - 1) / (total - 1)).sum().item()
