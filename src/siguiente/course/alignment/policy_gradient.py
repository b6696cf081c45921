"""La página del gradiente de la política: su media y su ruido, sin sortear nada."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor


class GradientNoise(NamedTuple):
    """Lo que da de media una estimación del gradiente, y cuánto se aparta de esa media."""

    mean: Tensor
    """La media, (K,)."""
    noise: float
    """La desviación típica de todas las componentes juntas."""


def exact_gradient(
    policy: Tensor, rewards: Tensor, advantages: Callable[[Tensor], Tensor], G: int
) -> GradientNoise:
    """Media y ruido exactos del gradiente de REINFORCE con grupos de G respuestas de un token.

    De las probabilidades y las recompensas de K respuestas, (K,), y de cómo se pasa de las recompensas de
    unos grupos, (N, G), a sus ventajas. Recorre los :math:`K^G` grupos posibles. Con logits, el gradiente de
    un grupo es :math:`\\frac1G\\sum_i A_i\\,(\\mathbf 1_{y_i} - \\pi)`.

    >>> policy, rewards = torch.tensor([0.5, 0.5]), torch.tensor([4.0, 6.0])
    >>> exact_gradient(policy, rewards, lambda r: r - 5, G=1)
    GradientNoise(mean=tensor([-0.5000,  0.5000]), noise=0.0)
    """
    groups = torch.cartesian_prod(*[torch.arange(len(policy))] * G).view(-1, G)  # (K^G, G)
    chance, pushes = policy[groups].prod(1), torch.eye(len(policy))[groups] - policy  # (K^G,), (K^G, G, K)
    found = (advantages(rewards[groups])[..., None] * pushes).mean(1)  # (K^G, K)
    mean = chance @ found
    return GradientNoise(mean, (chance @ (found - mean).square()).sum().sqrt().item())
