"""PPO: varios pasos con las mismas respuestas, sin que ninguno mueva demasiado la política."""

from typing import NamedTuple

from torch import Tensor

from siguiente.alignment.masks import check_positive, check_tokens, masked_mean

__all__ = ["PPOLoss", "clipped_objective", "ppo_loss"]


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

    Notes
    -----
    :math:`\\min\\bigl(\\rho_t\\hat A_t, \\mathrm{clip}(\\rho_t, 1-\\epsilon, 1+\\epsilon)\\hat A_t\\bigr)`,
    con :math:`\\rho_t = \\pi(y_t)/\\pi_{\\mathrm{old}}(y_t)` :cite:p:`schulman2017`. El mínimo recorta solo
    lo que mejoraría: un paso de más en la mala dirección conserva su gradiente para volver.

    Examples
    --------
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
    """La pérdida recortada de la política más la del valor.

    Parameters
    ----------
    logprobs, old_logprobs : Tensor
        De la política y de la que escribió las respuestas, (B, T).
    advantages : Tensor
        La ventaja de cada token, (B, T).
    values, old_values : Tensor
        Los valores de ahora y los de entonces, (B, T).
    returns : Tensor
        Lo que los valores debían predecir, (B, T).
    mask : Tensor
        Qué tokens son de la respuesta, (B, T), booleana.
    clip : float
        Cuánto puede cambiar con provecho la probabilidad de un token, :math:`\\epsilon`.
    value_clip : float
        Cuánto puede cambiar con provecho un valor.
    value_weight : float
        Cuánto pesa la parte del valor.

    Returns
    -------
    PPOLoss
        Medias sobre los tokens que cuentan.

    Raises
    ------
    ValueError
        Si las formas no casan, algo no es un número finito o un recorte no es positivo.

    Notes
    -----
    La parte de la política es la media de :func:`clipped_objective`, cambiada de signo. La del valor, la
    media de :math:`\\tfrac12\\max\\bigl((V_t - \\hat R_t)^2, (\\tilde V_t - \\hat R_t)^2\\bigr)`, donde
    :math:`\\tilde V_t` es :math:`V_t` recortado a no más de `value_clip` del de entonces.

    Examples
    --------
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
