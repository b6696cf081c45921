"""Bradley y Terry: de «esta me gusta más» a una recompensa."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from siguiente.alignment.masks import check_finite

__all__ = ["PreferenceLoss", "bradley_terry_loss", "fit_strengths", "preference_probability"]


class PreferenceLoss(NamedTuple):
    """La pérdida de un modelo de recompensa y su exactitud."""

    loss: Tensor
    """Lo que se minimiza, en nats por comparación."""
    accuracy: Tensor
    """La proporción de pares bien ordenados."""


def preference_probability(difference: Tensor) -> Tensor:
    """Probabilidad de preferir una respuesta a otra según la diferencia de sus recompensas.

    Notes
    -----
    Es :eq:`eq-bradley-terry` :cite:p:`bradley1952`.

    Examples
    --------
    >>> preference_probability(torch.tensor([0.0, 1.0, 3.0]))
    tensor([0.5000, 0.7311, 0.9526])
    """
    return difference.sigmoid()


def bradley_terry_loss(chosen: Tensor, rejected: Tensor, margin: Tensor | None = None) -> PreferenceLoss:
    """La pérdida que hace probables las preferencias observadas.

    Parameters
    ----------
    chosen, rejected : Tensor
        Recompensas de la respuesta preferida y de la rechazada, (B,).
    margin : Tensor, optional
        Cuánto mejor se juzgó la preferida, (B,): se exige esa diferencia.

    Returns
    -------
    PreferenceLoss
        Medias sobre los B pares.

    Raises
    ------
    ValueError
        Si las formas no coinciden o alguna recompensa no es un número finito.

    Notes
    -----
    :math:`L = -\\log\\sigma(r_w - r_l - m)`: con margen 0, :eq:`eq-reward-loss`.

    Examples
    --------
    >>> terms = bradley_terry_loss(torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0]))
    >>> round(terms.loss.item(), 3), terms.accuracy.item()
    (1.127, 0.5)
    """
    if chosen.ndim != 1 or chosen.shape != rejected.shape or not len(chosen):
        raise ValueError(
            f"Se esperaban dos vectores (B,) iguales: {tuple(chosen.shape)} y {tuple(rejected.shape)}."
        )
    check_finite("La recompensa de las preferidas", chosen)
    check_finite("La recompensa de las rechazadas", rejected)
    difference = chosen - rejected - (0 if margin is None else margin)
    return PreferenceLoss(-F.logsigmoid(difference).mean(), (chosen > rejected).float().mean())


def fit_strengths(wins: Tensor) -> Tensor:
    """Las recompensas que hacen más probables unas comparaciones.

    Parameters
    ----------
    wins : Tensor
        Cuántas veces cada respuesta (fila) venció a cada otra (columna), (K, K).

    Returns
    -------
    Tensor
        (K,), de media 0: solo tienen sentido sus diferencias.

    Raises
    ------
    ValueError
        Si las cuentas no son números no negativos o si unas respuestas no perdieron nunca contra las demás:
        su recompensa crecería sin límite.

    Notes
    -----
    El algoritmo de :cite:t:`hunter2004`. Con :math:`p_i = e^{r_i}`, :math:`W_i` victorias y :math:`n_{ij}`
    comparaciones, repite :math:`p_i \\leftarrow W_i \\big/ \\sum_j \\frac{n_{ij}}{p_i + p_j}`; ningún paso
    hace menos probables los datos.

    Examples
    --------
    >>> fit_strengths(torch.tensor([[0, 3], [1, 0]])).diff().neg().exp().round(decimals=4)
    tensor([3.], dtype=torch.float64)
    """
    wins = _checked_wins(wins)
    games, p = wins + wins.T, torch.ones(len(wins), dtype=torch.double)
    for _ in range(100_000):
        previous, p = p, wins.sum(1) / (games / (p[:, None] + p)).sum(1)
        p = p / p.log().mean().exp()
        if (p.log() - previous.log()).abs().max() < 1e-12:
            break
    return p.log()


def _checked_wins(wins: Tensor) -> Tensor:
    """Las cuentas, en doble precisión y sin diagonal, si tienen un máximo finito."""
    if wins.ndim != 2 or wins.shape[0] != wins.shape[1] or len(wins) < 2:
        raise ValueError(f"Se esperaba una tabla (K, K) de victorias, con K >= 2: {tuple(wins.shape)}.")
    check_finite("Las victorias", wins)
    if (wins < 0).any():
        raise ValueError("Las victorias no pueden ser negativas.")
    wins = wins.double() * (1 - torch.eye(len(wins)))
    above = (wins > 0).double() + torch.eye(len(wins))  # quién está por encima de quién: directamente...
    for _ in range(len(wins).bit_length()):
        above = (above @ above > 0).double()  # ...o a través de otros
    highest = above[:, above.sum(0).argmin()].nonzero().flatten().tolist()
    if len(highest) < len(wins):
        raise ValueError(
            f"Las respuestas {highest} nunca perdieron contra las demás: su recompensa no tiene máximo. "
            "Añada comparaciones o quítelas."
        )
    return wins
