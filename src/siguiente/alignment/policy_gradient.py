"""El gradiente de la política: hacer más probable lo que salió mejor de lo esperado."""

from typing import NamedTuple

from torch import Tensor

from siguiente.alignment.masks import check_finite, check_tokens, masked_mean, spread

__all__ = ["ReinforceLoss", "centred", "leave_one_out", "reinforce_loss"]


class ReinforceLoss(NamedTuple):
    """La pérdida de REINFORCE y lo que conviene vigilar."""

    loss: Tensor
    """Lo que se minimiza."""
    entropy: Tensor
    """La entropía de la política por token, en nats, estimada con sus respuestas."""


def reinforce_loss(logprobs: Tensor, advantages: Tensor, mask: Tensor) -> ReinforceLoss:
    """La pérdida cuyo gradiente es el de la recompensa media, cambiado de signo.

    Parameters
    ----------
    logprobs : Tensor
        Log-probabilidad de cada token, (B, T), con gradiente.
    advantages : Tensor
        Cuánto mejor de lo esperado salió cada respuesta, (B,), o cada token, (B, T).
    mask : Tensor
        Qué tokens son de la respuesta, (B, T), booleana.

    Returns
    -------
    ReinforceLoss
        La media sobre las B respuestas de la suma sobre sus tokens.

    Raises
    ------
    ValueError
        Si las formas no casan o algo no es un número finito.

    Notes
    -----
    :math:`L = -\\frac1B\\sum_i\\sum_t A_i\\,\\log\\pi(y_{i,t}\\mid x_i, y_{i,<t})`
    :cite:p:`williams1992`. El valor de :math:`L` no mide nada: solo importa su gradiente.

    Examples
    --------
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

    Notes
    -----
    :math:`A_i = r_i - \\bar r`. La media incluye a la propia :math:`r_i`, y por eso el gradiente se queda, de
    media, en :math:`(B-1)/B` del verdadero; apunta igual.

    Examples
    --------
    >>> import torch
    >>> centred(torch.tensor([1.0, 2.0, 6.0]))
    tensor([-2., -1.,  3.])
    """
    check_finite("Las recompensas", rewards)
    return rewards - rewards.mean()


def leave_one_out(rewards: Tensor) -> Tensor:
    """Ventajas en las que la línea base de cada respuesta es la media de las otras a la misma petición.

    Parameters
    ----------
    rewards : Tensor
        (N, G): G respuestas a cada una de N peticiones.

    Returns
    -------
    Tensor
        (N, G).

    Raises
    ------
    ValueError
        Si G es menor que 2 o alguna recompensa no es un número finito.

    Notes
    -----
    :math:`A_i = r_i - \\frac{1}{G-1}\\sum_{j\\ne i} r_j = \\frac{G}{G-1}(r_i - \\bar r)`, el RLOO de
    :cite:t:`ahmadian2024`. La línea base no depende de la respuesta, y el gradiente no tiene sesgo.

    Examples
    --------
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
