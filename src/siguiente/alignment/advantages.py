"""Repartir el mérito: de una nota por respuesta a cuánto aportó cada token."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from siguiente.alignment.kl import k1
from siguiente.alignment.sequences import last_token


class AdvantageEstimate(NamedTuple):
    """Lo que se aprende de unas respuestas; es 0 fuera de ellas."""

    advantages: Tensor
    """Cuánto mejor de lo esperado salió cada token, (B, T)."""
    returns: Tensor
    """Lo que el valor de cada posición debió predecir, (B, T)."""


def kl_rewards(scores: Tensor, logprobs: Tensor, ref_logprobs: Tensor, beta: float, mask: Tensor) -> Tensor:
    """Reparte la recompensa por tokens: alejarse cuesta en cada uno, y la nota llega con el último.

    De notas (B,) y log-probabilidades (B, T) a recompensas (B, T), sin gradiente:
    :math:`r_t = -\\beta\\log\\frac{\\pi(y_t)}{\\pi_{\\mathrm{ref}}(y_t)} + [t = T]\\,r(x, y)`. Su suma es, de
    media, lo que maximiza :eq:`eq-rlhf`.

    >>> logprobs, ref_logprobs = torch.tensor([[-1.0, -2.0, 0.0]]), torch.tensor([[-2.0, -1.0, 0.0]])
    >>> kl_rewards(torch.tensor([3.0]), logprobs, ref_logprobs, 0.1, torch.tensor([[True, True, False]]))
    tensor([[-0.1000, 3.1000, 0.0000]])
    """
    costs = -beta * k1(logprobs, ref_logprobs).detach().masked_fill(~mask, 0)
    return costs.scatter_add(1, last_token(mask), scores[:, None].to(costs))


def generalized_advantages(
    rewards: Tensor, values: Tensor, mask: Tensor, gamma: float = 1.0, lam: float = 0.95
) -> AdvantageEstimate:
    """Ventaja de cada token, (B, T), entre la sorpresa inmediata y todo lo que vino después (GAE).

    :math:`\\hat A_t = \\sum_{l\\ge0}(\\gamma\\lambda)^l\\,\\delta_{t+l}`, con
    :math:`\\delta_t = r_t + \\gamma V_{t+1} - V_t` y :math:`V = 0` tras el último token
    :cite:p:`schulman2016gae`; el valor es lo que se esperaba antes de escribir el token. Con `lam` 0 se cree
    a los valores; con 1, solo a las recompensas. Los retornos son :math:`\\hat A_t + V_t`.

    >>> rewards, values = torch.tensor([[0.0, 0.0, 1.0]]), torch.tensor([[0.2, 0.5, 0.8]])
    >>> generalized_advantages(rewards, values, torch.tensor([[True, True, True]]), lam=0.5).advantages
    tensor([[0.5000, 0.4000, 0.2000]])
    """
    r, V = (table.masked_fill(~mask, 0).detach() for table in (rewards, values))  # (B, T)
    delta = r + gamma * F.pad(V[:, 1:], (0, 1)) - V
    places = torch.arange(mask.shape[1])
    later = (places[:, None] - places).clamp(min=0).to(delta)  # (T, T): cuánto después viene cada token
    advantages = (delta @ ((gamma * lam) ** later).tril()).masked_fill(~mask, 0)
    return AdvantageEstimate(advantages, advantages + V)


def explained_variance(values: Tensor, returns: Tensor, mask: Tensor) -> float:
    """La parte de la varianza de lo que se ganó, (B, T), que los valores, (B, T), ya esperaban.

    :math:`1 - \\mathrm{Var}(R - V)/\\mathrm{Var}(R)` sobre los tokens que cuentan: 1 si acertaron, 0 si da lo
    mismo no esperar nada, y negativa si esperaban lo que no es. Si lo ganado no varía, 0.

    >>> returns, mask = torch.tensor([[0.0, 1.0, 2.0]]), torch.tensor([[True, True, True]])
    >>> [round(explained_variance(k * returns, returns, mask), 2) for k in (0, 0.5, 1, -1)]
    [0.0, 0.75, 1.0, -3.0]
    """
    earned = returns[mask]
    left, whole = (earned - values[mask]).var(), earned.var()
    return (1 - left / whole).item() if whole > 0 else 0.0


def whitened(advantages: Tensor, mask: Tensor) -> Tensor:
    """Las ventajas con media 0 y varianza 1 sobre los tokens que cuentan, (B, T); 0 en los demás.

    >>> whitened(torch.tensor([[1.0, 3.0, 7.0]]), torch.tensor([[True, True, False]]))
    tensor([[-0.7071, 0.7071, 0.0000]])
    """
    chosen = advantages[mask]
    return ((advantages - chosen.mean()) / (chosen.std() + 1e-8)).masked_fill(~mask, 0)
