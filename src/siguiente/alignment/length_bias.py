"""El sesgo por la longitud: cuánto paga una recompensa por escribir más sin mejorar, y cómo quitarlo."""

import torch
from torch import Tensor

from siguiente.alignment.answers import Answers
from siguiente.alignment.masks import check_finite
from siguiente.alignment.reward_model import RewardModel, score_answers

__all__ = ["correct_length", "length_slope"]


def length_slope(rewards: Tensor, gold: Tensor, lengths: Tensor) -> float:
    """Lo que cambia la recompensa por cada token de más, entre respuestas igual de buenas.

    Parameters
    ----------
    rewards : Tensor
        La recompensa de cada respuesta, (N,).
    gold : Tensor
        Lo buena que es cada una, (N,).
    lengths : Tensor
        Los tokens que tiene, (N,).

    Returns
    -------
    float
        Puntos por token.

    Raises
    ------
    ValueError
        Si las formas no coinciden, si algo no es un número finito, o si las longitudes no varían entre
        respuestas igual de buenas: entonces no hay con qué separarlas.

    Notes
    -----
    Mínimos cuadrados de :math:`r = a + b\\,g + c\\,\\ell`; devuelve :math:`c`. Sin el término :math:`b\\,g`,
    lo bueno que además es largo contaría como sesgo.

    Examples
    --------
    >>> gold, lengths = torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([10, 30, 20, 40])
    >>> round(length_slope(2 * gold + 0.5 * lengths, gold, lengths), 4)
    0.5
    """
    if rewards.ndim != 1 or not rewards.shape == gold.shape == lengths.shape:
        raise ValueError("Hacen falta tres vectores (N,): una recompensa, un valor y una longitud por caso.")
    check_finite("Las recompensas", rewards)
    check_finite("Los valores", gold)
    design = torch.stack([torch.ones(len(gold)).double(), gold.double(), lengths.double()], 1)  # (N, 3)
    if torch.linalg.matrix_rank(design) < 3:
        raise ValueError("La longitud no varía entre respuestas igual de buenas: use más, o más distintas.")
    return torch.linalg.lstsq(design, rewards.double()[:, None]).solution[2].item()


def correct_length(model: RewardModel, answers: Answers, gold: Tensor) -> float:
    """Quita de una recompensa lo que paga por la longitud, y dice cuánto era.

    Parameters
    ----------
    model : RewardModel
        El modelo ya ajustado. Desde ahora descuenta esa cantidad por cada token; si tenía una corrección, se
        suma a ella.
    answers : Answers
        Unas respuestas, N, revisadas con cuidado.
    gold : Tensor
        Lo buena que es cada una, (N,).

    Returns
    -------
    float
        La :func:`length_slope` que había, en puntos por token. Ahora, en esas respuestas, es 0.

    Notes
    -----
    La nueva recompensa es :math:`r - c\\,\\ell`. No basta dar la longitud como otra variable al ajustar: la
    red también ve lo larga que es la respuesta, y nada dice cuál de las dos se la queda. Por eso hace falta
    alguien que sepa lo buenas que son unas pocas respuestas; aquí lo dice la recompensa verdadera.
    Al corregir, el cero se mueve: use después :func:`~siguiente.alignment.reward_model.centre_rewards`.
    """
    slope = length_slope(score_answers(model, answers), gold, answers.mask.sum(1))
    model.length_slope += slope
    return slope
