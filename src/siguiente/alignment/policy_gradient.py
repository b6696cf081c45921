"""Las pérdidas del gradiente de política: REINFORCE, PPO y GRPO."""

from typing import NamedTuple

from torch import Tensor

from siguiente.alignment.kl import k3
from siguiente.alignment.sequences import (
    answer_means,
    check_finite,
    check_positive,
    check_tokens,
    masked_mean,
    spread,
)


class ReinforceLoss(NamedTuple):
    """La pérdida de REINFORCE y lo que conviene vigilar."""

    loss: Tensor
    """Lo que se minimiza."""
    entropy: Tensor
    """La entropía de la política por token, en nats, estimada con sus respuestas."""


def reinforce_loss(logprobs: Tensor, advantages: Tensor, mask: Tensor) -> ReinforceLoss:
    """La pérdida cuyo gradiente es el de la recompensa media, cambiado de signo.

    De log-probabilidades (B, T) y la ventaja de cada respuesta, (B,), o de cada token, (B, T), a un número:
    :math:`L = -\\frac1B\\sum_i\\sum_t A_i\\,\\log\\pi(y_{i,t}\\mid x_i, y_{i,<t})` :cite:p:`williams1992`. El
    valor de :math:`L` no mide nada: solo importa su gradiente.

    >>> import torch
    >>> logprobs = torch.tensor([[0.5, 0.5], [0.5, 1.0]]).log()
    >>> mask = torch.tensor([[True, True], [True, False]])
    >>> round(reinforce_loss(logprobs, torch.tensor([1.0, -1.0]), mask).loss.item(), 4)
    0.3466
    """
    check_finite("Las ventajas", advantages)
    advantages = spread(advantages, mask).detach()
    check_tokens(mask, logprobs, advantages)
    loss = -(advantages * logprobs).masked_fill(~mask, 0).sum(1).mean()
    return ReinforceLoss(loss, -masked_mean(logprobs, mask).detach())


def centred(rewards: Tensor) -> Tensor:
    """Ventajas de unas respuestas con la media de todas como línea base, (B,).

    :math:`A_i = r_i - \\bar r`. La media incluye a la propia :math:`r_i`, y por eso el gradiente se queda, de
    media, en :math:`(B-1)/B` del verdadero; apunta igual.

    >>> import torch
    >>> centred(torch.tensor([1.0, 2.0, 6.0]))
    tensor([-2., -1.,  3.])
    """
    check_finite("Las recompensas", rewards)
    return rewards - rewards.mean()


def leave_one_out(rewards: Tensor) -> Tensor:
    """Ventajas, (N, G), en las que la línea base de cada respuesta es la media de las otras de su petición.

    :math:`A_i = r_i - \\frac{1}{G-1}\\sum_{j\\ne i} r_j = \\frac{G}{G-1}(r_i - \\bar r)`, el RLOO de
    :cite:t:`ahmadian2024`. La línea base no depende de la respuesta, y el gradiente no tiene sesgo.

    >>> import torch
    >>> leave_one_out(torch.tensor([[1.0, 2.0, 6.0]]))
    tensor([[-3.0000, -1.5000, 4.5000]])
    """
    check_groups(rewards)
    others = (rewards.sum(1, keepdim=True) - rewards) / (rewards.shape[1] - 1)
    return rewards - others


def check_groups(rewards: Tensor) -> None:
    """Comprueba unas recompensas por grupos, (N, G)."""
    if rewards.ndim != 2 or rewards.shape[1] < 2:
        raise ValueError(
            f"Se esperaban recompensas (N, G), con G >= 2 respuestas por petición: {tuple(rewards.shape)}."
        )
    check_finite("Las recompensas", rewards)


class PPOLoss(NamedTuple):
    """La pérdida de PPO, por partes."""

    loss: Tensor
    """Lo que se minimiza."""
    policy: Tensor
    """La parte de la política."""
    value: Tensor
    """El error del valor, sin su peso."""
    clip_fraction: Tensor
    """La proporción de tokens a los que el recorte dejó sin gradiente."""


def clipped_objective(
    logprobs: Tensor, old_logprobs: Tensor, advantages: Tensor, clip: float
) -> tuple[Tensor, Tensor]:
    """Lo que se maximiza en cada token, y si el recorte lo dejó sin gradiente.

    :math:`\\min\\bigl(\\rho_t\\hat A_t, \\mathrm{clip}(\\rho_t, 1-\\epsilon, 1+\\epsilon)\\hat A_t\\bigr)`,
    con :math:`\\rho_t = \\pi(y_t)/\\pi_{\\mathrm{old}}(y_t)` y `clip` como :math:`\\epsilon`
    :cite:p:`schulman2017`. El mínimo recorta solo lo que mejoraría: un paso de más en la mala dirección
    conserva su gradiente para volver.

    >>> import torch
    >>> logprobs = torch.tensor([2.0, 0.5]).log()
    >>> objective, clipped = clipped_objective(logprobs, torch.zeros(2), torch.ones(2), clip=0.2)
    >>> objective, clipped.tolist()
    (tensor([1.2000, 0.5000]), [True, False])
    """
    ratio = (logprobs - old_logprobs.detach()).exp()
    free, bounded = ratio * advantages, ratio.clamp(1 - clip, 1 + clip) * advantages
    return free.minimum(bounded), bounded < free


def ppo_loss(
    logprobs: Tensor,
    old_logprobs: Tensor,
    advantages: Tensor,
    values: Tensor,
    old_values: Tensor,
    returns: Tensor,
    mask: Tensor,
    clip: float = 0.2,
    value_clip: float = 0.2,
    value_weight: float = 0.1,
) -> PPOLoss:
    """La pérdida recortada de la política más la del valor, medias sobre los tokens que cuentan de (B, T).

    La parte de la política es la media de :func:`clipped_objective`, cambiada de signo. La del valor, que
    pesa `value_weight`, es la media de
    :math:`\\tfrac12\\max\\bigl((V_t - \\hat R_t)^2, (\\tilde V_t - \\hat R_t)^2\\bigr)`, donde
    :math:`\\hat R_t` son los retornos y :math:`\\tilde V_t` es :math:`V_t` recortado a no más de `value_clip`
    del de entonces.

    >>> import torch
    >>> one, mask = torch.ones(1, 1), torch.tensor([[True]])
    >>> terms = ppo_loss(one.log() + 1, one.log(), one, 2 * one, one, one, mask)
    >>> [round(term.item(), 4) for term in terms]
    [-1.15, -1.2, 0.5, 1.0]
    """
    check_positive("clip", clip)
    check_positive("value_clip", value_clip)
    check_tokens(mask, logprobs, old_logprobs, advantages, values, old_values, returns)
    advantages, old_values, returns = advantages.detach(), old_values.detach(), returns.detach()
    objective, clipped = clipped_objective(logprobs, old_logprobs, advantages, clip)
    policy = -masked_mean(objective, mask)
    bounded = old_values + (values - old_values).clamp(-value_clip, value_clip)
    errors = (values - returns).square().maximum((bounded - returns).square())
    value = masked_mean(errors, mask) / 2
    return PPOLoss(policy + value_weight * value, policy, value, masked_mean(clipped.float(), mask))


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
    """Ventaja de cada respuesta frente a las demás a la misma petición, (N, G); en los grupos mudos, 0.

    :math:`A_i = (r_i - \\bar r)/(s + \\varepsilon)`, con :math:`s` la desviación típica (dividiendo entre
    :math:`G-1`) y :math:`\\varepsilon = 10^{-4}` :cite:p:`shao2024`. Sin dividir, `scale=False`, es el Dr.
    GRPO de :cite:t:`liu2025`.

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

    De log-probabilidades (B, T) y ventajas (B,) a la media sobre las respuestas de la media sobre sus tokens,
    así que las largas pesan como las cortas: :math:`L =
    -\\frac1B\\sum_i\\frac1{|y_i|}\\sum_t\\bigl[\\min\\bigl(\\rho_{i,t}A_i, \\mathrm{clip}(\\rho_{i,t},
    1-\\epsilon, 1+\\epsilon)A_i\\bigr) - \\beta\\,k_{3}\\bigr]` :cite:p:`shao2024`. A dónde lleva, en
    :func:`siguiente.alignment.optimum.grpo_fixed_point`.

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
