"""Calibrar: descontar lo que el modelo prefiere antes de leer el texto."""

import math

from torch import Tensor

__all__ = ["CONTENT_FREE", "batch_calibration", "contextual_calibration"]

#: Textos sin contenido. Lo que el modelo responda tras ellos es costumbre, no información.
CONTENT_FREE = ("N/A", "[MASK]", "")


def contextual_calibration(scores: Tensor, content_free: Tensor) -> Tensor:
    """Divide la probabilidad de cada etiqueta entre la que tiene tras unos textos sin contenido.

    Parameters
    ----------
    scores : Tensor
        (N, C), log-probabilidad de cada etiqueta tras cada texto, en nats.
    content_free : Tensor
        (M, C), la de las mismas etiquetas tras M textos sin contenido, con el mismo prompt.

    Returns
    -------
    Tensor
        (N, C), log-probabilidades renormalizadas entre las C etiquetas.

    Raises
    ------
    ValueError
        Si las formas no son esas o si falta algún número.

    Notes
    -----
    Con :math:`\\hat p_{cf}` la media, sobre los M textos, de las probabilidades renormalizadas entre las
    etiquetas, se elige la mayor :math:`\\hat p_c / \\hat p_{cf,c}` :cite:p:`zhao2021`. Los autores
    vuelven a pasar el cociente por una softmax; aquí solo se renormaliza, que no cambia cuál es la mayor.

    Examples
    --------
    >>> import torch
    >>> scores = torch.tensor([[0.75, 0.25]]).log()
    >>> contextual_calibration(scores, torch.tensor([[0.9, 0.1]]).log()).exp()
    tensor([[0.2500, 0.7500]])
    """
    check_scores(scores, content_free)
    # (C,), el logaritmo de la media de las probabilidades
    bias = content_free.log_softmax(1).logsumexp(0) - math.log(len(content_free))
    return (scores.log_softmax(1) - bias).log_softmax(1)


def batch_calibration(scores: Tensor) -> Tensor:
    """Divide la probabilidad de cada etiqueta entre su media sobre todos los textos que se clasifican.

    No usa ninguna etiqueta verdadera, pero sí el lote entero: la respuesta a un texto depende de los demás, y
    si las clases no son igual de frecuentes las empuja a serlo.

    Parameters
    ----------
    scores : Tensor
        (N, C), log-probabilidad de cada etiqueta tras cada texto, en nats.

    Returns
    -------
    Tensor
        (N, C), log-probabilidades renormalizadas entre las C etiquetas.

    Raises
    ------
    ValueError
        Si la forma no es esa o si falta algún número.

    Notes
    -----
    Es :func:`contextual_calibration` con los propios textos en lugar de los que no tienen contenido
    :cite:p:`zhou2024batch`.

    Examples
    --------
    >>> import torch
    >>> scores = torch.tensor([[0.9, 0.1], [0.7, 0.3]]).log()
    >>> batch_calibration(scores).argmax(1)
    tensor([0, 1])
    """
    return contextual_calibration(scores, scores)


def check_scores(scores: Tensor, content_free: Tensor) -> None:
    """Exige puntuaciones finitas de las mismas etiquetas."""
    shapes = scores.ndim == content_free.ndim == 2 and scores.shape[1] == content_free.shape[1]
    if not shapes or not len(content_free) or not (scores.isfinite().all() and content_free.isfinite().all()):
        raise ValueError(
            "Hacen falta puntuaciones finitas de forma (N, C), con las mismas C etiquetas: "
            f"{tuple(scores.shape)} y {tuple(content_free.shape)}."
        )
