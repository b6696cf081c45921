"""DPO: aprender de las preferencias sin modelo de recompensa ni muestras nuevas."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from siguiente.alignment.masks import check_finite, check_positive

__all__ = ["DPOLoss", "dpo_loss"]


class DPOLoss(NamedTuple):
    """La pérdida de DPO y la recompensa que la política lleva dentro."""

    loss: Tensor
    """Lo que se minimiza, en nats por par."""
    chosen_reward: Tensor
    """La recompensa implícita media de las preferidas."""
    rejected_reward: Tensor
    """La de las rechazadas."""
    accuracy: Tensor
    """La proporción de pares bien ordenados."""

    @property
    def margin(self) -> Tensor:
        """La diferencia media de recompensa."""
        return self.chosen_reward - self.rejected_reward


def dpo_loss(
    chosen: Tensor,
    rejected: Tensor,
    ref_chosen: Tensor,
    ref_rejected: Tensor,
    beta: float = 0.1,
    preference: Tensor | None = None,
) -> DPOLoss:
    """La pérdida de Bradley-Terry con la recompensa escrita en función de la política.

    Parameters
    ----------
    chosen, rejected : Tensor
        Log-probabilidad de la respuesta preferida entera y de la rechazada, (B,).
    ref_chosen, ref_rejected : Tensor
        Las mismas, según el modelo de partida, (B,).
    beta : float
        Cuánto cuesta alejarse, positivo.
    preference : Tensor, optional
        La probabilidad de que la preferida lo sea, (B,), si los jueces dudan. Sin decirla, 1.

    Returns
    -------
    DPOLoss
        Medias sobre los B pares.

    Raises
    ------
    ValueError
        Si las formas no coinciden, algo no es un número finito, `beta` no es positivo o una probabilidad
        se sale de [0, 1].

    Notes
    -----
    :math:`L = -p\\log\\sigma(h) - (1-p)\\log\\sigma(-h)`, con :math:`h = \\hat r_w - \\hat r_l` y
    :math:`\\hat r = \\beta\\log(\\pi/\\pi_{\\mathrm{ref}})`. Con :math:`p = 1` es la de
    :cite:t:`rafailov2023`.

    Examples
    --------
    >>> before, after = torch.tensor([-5.0]), torch.tensor([-4.0])
    >>> terms = dpo_loss(after, before, before, before, beta=1.0)
    >>> [round(term.item(), 4) for term in terms]
    [0.3133, 1.0, 0.0, 1.0]
    """
    check_positive("beta", beta)
    preference = torch.ones_like(chosen) if preference is None else preference
    _check_pairs(chosen, rejected, ref_chosen, ref_rejected, preference)
    chosen_reward, rejected_reward = beta * (chosen - ref_chosen), beta * (rejected - ref_rejected)
    h = chosen_reward - rejected_reward
    loss = -(preference * F.logsigmoid(h) + (1 - preference) * F.logsigmoid(-h)).mean()
    return DPOLoss(
        loss, chosen_reward.mean().detach(), rejected_reward.mean().detach(), (h > 0).float().mean()
    )


def _check_pairs(chosen: Tensor, *others: Tensor) -> None:
    if chosen.ndim != 1 or not len(chosen) or any(other.shape != chosen.shape for other in others):
        shapes = [tuple(other.shape) for other in (chosen, *others)]
        raise ValueError(f"Se esperaban vectores (B,) de la misma longitud, y llegaron {shapes}.")
    for values in (chosen, *others):
        check_finite("Las log-probabilidades", values)
    if ((others[-1] < 0) | (others[-1] > 1)).any():
        raise ValueError("`preference` debe ser una probabilidad, entre 0 y 1.")
