"""Las pérdidas del gradiente de política: REINFORCE, PPO y GRPO."""

from typing import NamedTuple

from torch import Tensor

from siguiente.alignment.kl import k3
from siguiente.alignment.sequences import answer_means, masked_mean

VALUE_CLIP, VALUE_WEIGHT = 0.2, 0.1  # puntos que puede cambiar con provecho un valor; lo que pesa su error


class PolicyLoss(NamedTuple):
    """Una pérdida del gradiente de política, y lo que conviene vigilar."""

    loss: Tensor
    """Lo que se minimiza."""
    clipped: Tensor | float = 0.0
    """La proporción de tokens a los que el recorte dejó sin gradiente, si lo hay."""
    explained: float | None = None
    """La parte de la varianza de lo ganado que esperaba el modelo del valor, si lo hay."""


def reinforce_loss(logprobs: Tensor, advantages: Tensor, mask: Tensor) -> PolicyLoss:
    """La pérdida cuyo gradiente es el de la recompensa media, cambiado de signo.

    De log-probabilidades (B, T) y la ventaja de cada respuesta, (B,), a un número:
    :math:`L = -\\frac1B\\sum_i\\sum_t A_i\\,\\log\\pi(y_{i,t}\\mid x_i, y_{i,<t})` :cite:p:`williams1992`. El
    valor de :math:`L` no mide nada: solo importa su gradiente.

    >>> import torch
    >>> logprobs = torch.tensor([[0.5, 0.5], [0.5, 1.0]]).log()
    >>> mask = torch.tensor([[True, True], [True, False]])
    >>> round(reinforce_loss(logprobs, torch.tensor([1.0, -1.0]), mask).loss.item(), 4)
    0.3466
    """
    weighted = advantages.detach()[:, None] * logprobs
    return PolicyLoss(-weighted.masked_fill(~mask, 0).sum(1).mean())


def leave_one_out(rewards: Tensor) -> Tensor:
    """Ventajas, (N, G), en las que la línea base de cada respuesta es la media de las otras de su petición.

    :math:`A_i = r_i - \\frac{1}{G-1}\\sum_{j\\ne i} r_j = \\frac{G}{G-1}(r_i - \\bar r)`, el RLOO de
    :cite:t:`ahmadian2024`. La línea base no depende de la respuesta, y el gradiente no tiene sesgo.

    >>> import torch
    >>> leave_one_out(torch.tensor([[1.0, 2.0, 6.0]]))
    tensor([[-3.0000, -1.5000, 4.5000]])
    """
    others = (rewards.sum(1, keepdim=True) - rewards) / (rewards.shape[1] - 1)
    return rewards - others


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
) -> PolicyLoss:
    """La pérdida recortada de la política más la del valor, medias sobre los tokens que cuentan de (B, T).

    La parte de la política es la media de :func:`clipped_objective`, cambiada de signo. La del valor, que
    pesa la décima parte, es la media de
    :math:`\\tfrac12\\max\\bigl((V_t - \\hat R_t)^2, (\\tilde V_t - \\hat R_t)^2\\bigr)`, donde
    :math:`\\hat R_t` son los retornos y :math:`\\tilde V_t` es :math:`V_t` recortado a no más de 0,2 del de
    entonces.

    >>> import torch
    >>> one, mask = torch.ones(1, 1), torch.tensor([[True]])
    >>> terms = ppo_loss(one.log() + 1, one.log(), one, 2 * one, one, one, mask)
    >>> [round(term.item(), 4) for term in terms[:2]]
    [-1.15, 1.0]
    """
    advantages, old_values, returns = advantages.detach(), old_values.detach(), returns.detach()
    objective, clipped = clipped_objective(logprobs, old_logprobs, advantages, clip)
    policy = -masked_mean(objective, mask)
    bounded = old_values + (values - old_values).clamp(-VALUE_CLIP, VALUE_CLIP)
    errors = (values - returns).square().maximum((bounded - returns).square())
    value = masked_mean(errors, mask) / 2
    return PolicyLoss(policy + VALUE_WEIGHT * value, masked_mean(clipped.float(), mask))


EPSILON = 1e-4  # se suma a la desviación típica, como en TRL


class GroupAdvantages(NamedTuple):
    """Las ventajas de unos grupos, y cuáles no enseñan nada."""

    values: Tensor
    """La ventaja de cada respuesta, (N, G)."""
    silent: Tensor
    """Qué grupos recibieron una recompensa constante y no dan señal, (N,)."""


def group_advantages(rewards: Tensor) -> GroupAdvantages:
    """Ventaja de cada respuesta frente a las demás a la misma petición, (N, G); en los grupos mudos, 0.

    :math:`A_i = (r_i - \\bar r)/(s + \\varepsilon)`, con :math:`s` la desviación típica (dividiendo entre
    :math:`G-1`) y :math:`\\varepsilon = 10^{-4}` :cite:p:`shao2024`. El Dr. GRPO de :cite:t:`liu2025` no
    divide.

    >>> import torch
    >>> values, silent = group_advantages(torch.tensor([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]]))
    >>> values.round(decimals=3), silent.tolist()
    (tensor([[-1., 0., 1.], [0., 0., 0.]]), [False, True])
    """
    values = (rewards - rewards.mean(1, keepdim=True)) / (rewards.std(1, keepdim=True) + EPSILON)
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
) -> PolicyLoss:
    """El objetivo recortado de PPO menos la divergencia, que aquí es parte de la pérdida.

    De log-probabilidades (B, T) y ventajas (B,) a la media sobre las respuestas de la media sobre sus tokens,
    así que las largas pesan como las cortas: :math:`L =
    -\\frac1B\\sum_i\\frac1{|y_i|}\\sum_t\\bigl[\\min\\bigl(\\rho_{i,t}A_i, \\mathrm{clip}(\\rho_{i,t},
    1-\\epsilon, 1+\\epsilon)A_i\\bigr) - \\beta\\,k_{3}\\bigr]` :cite:p:`shao2024`. A dónde lleva, en
    :func:`siguiente.alignment.optimum.grpo_fixed_point`.

    >>> import torch
    >>> logprobs, mask = torch.tensor([[0.5], [0.25]]).log(), torch.tensor([[True], [True]])
    >>> terms = grpo_loss(logprobs, logprobs, logprobs + 1, torch.tensor([1.0, -1.0]), mask, beta=0.1)
    >>> [round(term.item(), 4) for term in terms[:2]]
    [0.0718, 0.0]
    """
    objective, clipped = clipped_objective(logprobs, old_logprobs, advantages.detach()[:, None], clip)
    policy = -answer_means(objective, mask).mean()
    kl = answer_means(k3(logprobs, ref_logprobs.detach()), mask).mean()
    return PolicyLoss(policy + beta * kl, masked_mean(clipped.float(), mask))
