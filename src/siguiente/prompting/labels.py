"""Clasificar sin generar: la log-probabilidad de cada etiqueta, y cómo se calibra."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from siguiente.language_models.completions import score_completions
from siguiente.language_models.protocol import LanguageModel, TextModel


@dataclass(frozen=True)
class LabelledText:
    """Un texto y la etiqueta que le corresponde.

    Examples
    --------
    >>> LabelledText("Qué golazo", "deportes").label
    'deportes'
    """

    text: str
    label: str


def check_label(label: str) -> None:
    """Exige que una etiqueta se pueda escribir en un prompt sin cambiarle el formato.

    Raises
    ------
    ValueError
        Si está vacía, o tiene espacios alrededor o seguidos, o saltos de línea.

    Examples
    --------
    >>> check_label("banco central")
    >>> check_label("banco\\n\\nTexto: otro")
    Traceback (most recent call last):
    ...
    ValueError: Escriba la etiqueta 'banco\\n\\nTexto: otro' sin espacios alrededor ni saltos de línea.
    """
    if not label:
        raise ValueError("Hay una etiqueta vacía: escriba algo.")
    if label != " ".join(label.split()):
        raise ValueError(f"Escriba la etiqueta {label!r} sin espacios alrededor ni saltos de línea.")


def label_completions(labels: Sequence[str], separator: str = "\n\n") -> list[str]:
    """Las continuaciones que se puntúan: cada etiqueta con su espacio delante y, si hace falta, su cierre.

    Parameters
    ----------
    labels : sequence of str
        C etiquetas, sin espacios alrededor.
    separator : str
        Lo que cierra una etiqueta. Se añade a todas, y solo si alguna es el comienzo de otra: si no, «banco»
        ganaría siempre a «banco central», que la contiene.

    Returns
    -------
    list of str
        C continuaciones, en el mismo orden.

    Raises
    ------
    ValueError
        Si una etiqueta está vacía, repetida, con espacios de más o con saltos de línea.

    Examples
    --------
    >>> label_completions(["sí", "no"])
    [' sí', ' no']
    >>> label_completions(["banco", "banco central"], separator="\\n")
    [' banco\\n', ' banco central\\n']
    """
    for label in labels:
        check_label(label)
    if len(set(labels)) < len(labels):
        raise ValueError(f"Hay etiquetas repetidas: {', '.join(labels)}.")
    nested = any(a != b and b.startswith(a) for a in labels for b in labels)
    return [f" {label}{separator if nested else ''}" for label in labels]


def score_labels(
    model: TextModel[LanguageModel], prompts: Sequence[str], labels: Sequence[str], separator: str = "\n\n"
) -> Tensor:
    """Log-probabilidad de que cada prompt siga con cada etiqueta entera.

    Parameters
    ----------
    model : TextModel
        El modelo y su tokenizador.
    prompts : sequence of str
        N textos, que terminan donde va la etiqueta, sin espacio final.
    labels : sequence of str
        C etiquetas.
    separator : str
        Lo que cierra una etiqueta; lo que se puntúa de cada una lo dice `label_completions`.

    Returns
    -------
    Tensor
        (N, C), en nats.

    Examples
    --------
    >>> from siguiente.language_models.protocol import ByteTokenizer
    >>> from siguiente.language_models.protocol import UniformModel
    >>> uniform = TextModel(UniformModel(258), ByteTokenizer())
    >>> score_labels(uniform, ["¿Hoy?"], ["sí", "no"]) / math.log(258)
    tensor([[-4., -3.]])
    """
    return score_completions(model, prompts, label_completions(labels, separator)).logprobs


def label_indices(cases: Sequence[LabelledText], labels: Sequence[str]) -> Tensor:
    """El número de la etiqueta de cada caso, (N,), de 0 a C - 1.

    Raises
    ------
    ValueError
        Si un caso tiene una etiqueta que no está en la lista.

    Examples
    --------
    >>> label_indices([LabelledText("Qué golazo", "deportes")], ["bancos", "deportes"])
    tensor([1])
    """
    if unknown := {case.label for case in cases} - set(labels):
        raise ValueError(f"{min(unknown)!r} no está entre las etiquetas: {', '.join(labels)}.")
    return torch.tensor([labels.index(case.label) for case in cases])


def hits(scores: Tensor, targets: Tensor) -> Tensor:
    """Aciertos al elegir la etiqueta más probable.

    Parameters
    ----------
    scores : Tensor
        (N, ..., C), en nats: por texto, una o muchas preguntas.
    targets : Tensor
        (N,), la etiqueta correcta de cada texto, de 0 a C - 1.

    Returns
    -------
    Tensor
        (N, ...): 1 si acierta y 0 si no.

    Examples
    --------
    >>> import torch
    >>> hits(torch.tensor([[[[-1.0, -2.0], [-3.0, -2.0]]]]), torch.tensor([0]))
    tensor([[[1., 0.]]])
    """
    return (scores.argmax(-1) == targets.view(-1, *[1] * (scores.ndim - 2))).float()


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
