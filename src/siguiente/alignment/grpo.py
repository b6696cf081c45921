"""GRPO: comparar cada respuesta con las otras de su grupo, sin modelo del valor."""

from typing import NamedTuple

from torch import Tensor

from siguiente.alignment.kl import k3
from siguiente.alignment.masks import (
    answer_means,
    check_finite,
    check_positive,
    check_tokens,
    masked_mean,
    spread,
)
from siguiente.alignment.policy_gradient import check_groups
from siguiente.alignment.ppo import clipped_objective

__all__ = ["EPSILON", "GRPOLoss", "GroupAdvantages", "group_advantages", "grpo_loss"]

EPSILON = 1e-4  # se suma a la desviación típica, como en TRL


class GroupAdvantages(NamedTuple):
    """Las ventajas de unos grupos, y cuáles no enseñan nada."""

    values: Tensor
    """La ventaja de cada respuesta, (N, G)."""
    silent: Tensor
    """Qué grupos recibieron una recompensa constante y no dan señal, (N,)."""


class GRPOLoss(NamedTuple):
    """La pérdida de GRPO, por partes."""

    loss: Tensor
    """Lo que se minimiza."""
    policy: Tensor
    """La parte de la política."""
    kl: Tensor
    """La divergencia estimada con `k3`, en nats por token, sin su peso."""
    clip_fraction: Tensor
    """La proporción de tokens a los que el recorte dejó sin gradiente."""


def group_advantages(rewards: Tensor, scale: bool = True) -> GroupAdvantages:
    """Ventaja de cada respuesta frente a las demás a la misma petición.

    Parameters
    ----------
    rewards : Tensor
        (N, G): G respuestas a cada una de N peticiones.
    scale : bool
        Si se divide entre la desviación típica del grupo. Sin dividir, es el Dr. GRPO de :cite:t:`liu2025`.

    Returns
    -------
    GroupAdvantages
        Las ventajas y los grupos mudos, cuyas ventajas son 0.

    Raises
    ------
    ValueError
        Si G es menor que 2 o alguna recompensa no es un número finito.

    Notes
    -----
    :math:`A_i = (r_i - \\bar r)/(s + \\varepsilon)`, con :math:`s` la desviación típica (dividiendo entre
    :math:`G-1`) y :math:`\\varepsilon = 10^{-4}` :cite:p:`shao2024`.

    Examples
    --------
    >>> import torch
    >>> values, silent = group_advantages(torch.tensor([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]]))
    >>> values.round(decimals=3), silent.tolist()
    (tensor([[-1., 0., 1.], [0., 0., 0.]]), [False, True])
    """
    check_groups(rewards)
    values = rewards - rewards.mean(1, keepdim=True)
    if scale:
        values = values / (rewards.std(1, keepdim=True) + EPSILON)
    silent = (rewards == rewards[:, :1]).all(1)
    return GroupAdvantages(values.masked_fill(silent[:, None], 0), silent)


def grpo_loss(
    logprobs: Tensor,
    old_logprobs: Tensor,
    ref_logprobs: Tensor,
    advantages: Tensor,
    mask: Tensor,
    clip: float = 0.2,
    beta: float = 0.04,
) -> GRPOLoss:
    """El objetivo recortado de PPO menos la divergencia, que aquí es parte de la pérdida.

    Parameters
    ----------
    logprobs, old_logprobs, ref_logprobs : Tensor
        De la política, de la que escribió las respuestas y del modelo de partida, (B, T).
    advantages : Tensor
        La ventaja de cada respuesta, (B,).
    mask : Tensor
        Qué tokens son de la respuesta, (B, T), booleana.
    clip : float
        Cuánto puede cambiar con provecho la probabilidad de un token: :math:`\\epsilon`.
    beta : float
        Cuánto cuesta un nat, no negativo.

    Returns
    -------
    GRPOLoss
        La media sobre las respuestas de la media sobre sus tokens: las largas pesan como las cortas.

    Raises
    ------
    ValueError
        Si las formas no casan, algo no es un número finito, `clip` no es positivo o `beta` es negativo.

    Notes
    -----
    :math:`L = -\\frac1B\\sum_i\\frac1{|y_i|}\\sum_t\\bigl[\\min\\bigl(\\rho_{i,t}A_i,
    \\mathrm{clip}(\\rho_{i,t}, 1-\\epsilon, 1+\\epsilon)A_i\\bigr) - \\beta\\,k_{3}\\bigr]`
    :cite:p:`shao2024`. A dónde lleva, en :func:`siguiente.alignment.optimum.grpo_fixed_point`.

    Examples
    --------
    >>> import torch
    >>> logprobs, mask = torch.tensor([[0.5], [0.25]]).log(), torch.tensor([[True], [True]])
    >>> terms = grpo_loss(logprobs, logprobs, logprobs + 1, torch.tensor([1.0, -1.0]), mask, beta=0.1)
    >>> [round(term.item(), 4) for term in terms]
    [0.0718, 0.0, 0.7183, 0.0]
    """
    check_positive("clip", clip)
    check_finite("Las ventajas", advantages)
    if not beta >= 0:
        raise ValueError(f"`beta` no puede ser negativo, y vale {beta}: premiaría alejarse.")
    advantages = spread(advantages.detach(), mask)
    check_tokens(mask, logprobs, old_logprobs, ref_logprobs, advantages)
    objective, clipped = clipped_objective(logprobs, old_logprobs, advantages, clip)
    policy = -answer_means(objective, mask).mean()
    kl = answer_means(k3(logprobs, ref_logprobs.detach()), mask).mean()
    return GRPOLoss(policy + beta * kl, policy, kl, masked_mean(clipped.float(), mask))
