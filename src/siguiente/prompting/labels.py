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
    """Un texto y la etiqueta que le corresponde."""

    text: str
    label: str


def check_label(label: str) -> None:
    """Exige que una etiqueta no esté vacía ni tenga espacios de más o saltos de línea."""
    if not label or label != " ".join(label.split()):
        raise ValueError(f"La etiqueta {label!r} está vacía o tiene espacios de más o saltos de línea.")


def label_completions(labels: Sequence[str], separator: str = "\n\n") -> list[str]:
    """Las continuaciones que se puntúan: cada etiqueta con su espacio delante y, si hace falta, su cierre.

    El cierre, `separator`, se añade a todas, y solo si alguna es el comienzo de otra: si no, «banco» ganaría
    siempre a «banco central», que la contiene.

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
    """Log-probabilidad, en nats, de que cada uno de N prompts siga con cada etiqueta entera, (N, C).

    Los prompts terminan donde va la etiqueta, sin espacio final; lo que se puntúa de cada una lo dice
    `label_completions`.

    >>> from siguiente.language_models.protocol import ByteTokenizer
    >>> from siguiente.language_models.protocol import UniformModel
    >>> uniform = TextModel(UniformModel(258), ByteTokenizer())
    >>> score_labels(uniform, ["¿Hoy?"], ["sí", "no"]) / math.log(258)
    tensor([[-4., -3.]])
    """
    return score_completions(model, prompts, label_completions(labels, separator)).logprobs


def label_indices(cases: Sequence[LabelledText], labels: Sequence[str]) -> Tensor:
    """El número de la etiqueta de cada caso, (N,), de 0 a C - 1.

    >>> label_indices([LabelledText("Qué golazo", "deportes")], ["bancos", "deportes"])
    tensor([1])
    """
    if unknown := {case.label for case in cases} - set(labels):
        raise ValueError(f"{min(unknown)!r} no está entre las etiquetas: {', '.join(labels)}.")
    return torch.tensor([labels.index(case.label) for case in cases])


def hits(scores: Tensor, targets: Tensor) -> Tensor:
    """Aciertos, 1 o 0, al elegir la etiqueta más probable: (N, ..., C) y las correctas, (N,), dan (N, ...).

    >>> import torch
    >>> hits(torch.tensor([[[[-1.0, -2.0], [-3.0, -2.0]]]]), torch.tensor([0]))
    tensor([[[1., 0.]]])
    """
    return (scores.argmax(-1) == targets.view(-1, *[1] * (scores.ndim - 2))).float()


#: Textos sin contenido. Lo que el modelo responda tras ellos es costumbre, no información.
CONTENT_FREE = ("N/A", "[MASK]", "")


def contextual_calibration(scores: Tensor, content_free: Tensor) -> Tensor:
    """Divide la probabilidad de cada etiqueta entre la que tiene tras unos textos sin contenido.

    De log-probabilidades, (N, C) las de los textos y (M, C) las de los que no tienen contenido, con el mismo
    prompt, a otras renormalizadas entre las etiquetas, (N, C). Con :math:`\\hat p_{cf}` la media, sobre los M
    textos, de las probabilidades renormalizadas entre las etiquetas, se elige la mayor
    :math:`\\hat p_c / \\hat p_{cf,c}` :cite:p:`zhao2021`. Los autores vuelven a pasar el cociente por una
    softmax; aquí solo se renormaliza, que no cambia cuál es la mayor.

    >>> import torch
    >>> scores = torch.tensor([[0.75, 0.25]]).log()
    >>> contextual_calibration(scores, torch.tensor([[0.9, 0.1]]).log()).exp()
    tensor([[0.2500, 0.7500]])
    """
    # (C,), el logaritmo de la media de las probabilidades
    bias = content_free.log_softmax(1).logsumexp(0) - math.log(len(content_free))
    return (scores.log_softmax(1) - bias).log_softmax(1)


def batch_calibration(scores: Tensor) -> Tensor:
    """Divide la probabilidad de cada etiqueta entre su media sobre todos los textos que se clasifican.

    Es :func:`contextual_calibration` con los propios textos, (N, C), en lugar de los que no tienen contenido
    :cite:p:`zhou2024batch`. No usa ninguna etiqueta verdadera, pero sí el lote entero: la respuesta a un
    texto depende de los demás, y si las clases no son igual de frecuentes las empuja a serlo.

    >>> import torch
    >>> scores = torch.tensor([[0.9, 0.1], [0.7, 0.3]]).log()
    >>> batch_calibration(scores).argmax(1)
    tensor([0, 1])
    """
    return contextual_calibration(scores, scores)
