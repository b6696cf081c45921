"""Sesgos de las etiquetas: las que se repiten y las que van al final del prompt salen más."""

from collections.abc import Sequence

from torch import Tensor

from siguiente.prompting.labels import LabelledText


def label_last(examples: Sequence[LabelledText], label: str) -> list[LabelledText]:
    """Gira los ejemplos hasta que el último tenga esa etiqueta.

    >>> examples = [LabelledText(text, label) for text, label in ("1a", "2b", "3c")]
    >>> "".join(example.text for example in label_last(examples, "a"))
    '231'
    """
    for i in reversed(range(len(examples))):
        if examples[i].label == label:
            return [*examples[i + 1 :], *examples[: i + 1]]
    raise ValueError(f"Ningún ejemplo tiene la etiqueta {label!r}.")


def label_repeated(
    examples: Sequence[LabelledText], pool: Sequence[LabelledText], label: str, times: int = 3
) -> list[LabelledText]:
    """Pone delante de los ejemplos otros más de una etiqueta; los que había siguen en su sitio.
    Ningún texto se enseña dos veces, aunque `pool` lo repita: se repite la etiqueta, no el caso.

    >>> pool = [LabelledText(text, label) for text, label in ("1a", "2b", "3b", "4b")]
    >>> "".join(example.text for example in label_repeated(pool[:2], pool, "b", times=2))
    '3412'
    """
    shown = {example.text for example in examples}
    others = {case.text: case for case in pool if case.label == label and case.text not in shown}
    more = list(others.values())[:times]
    if len(more) < times:
        raise ValueError(f"Solo quedan {len(more)} ejemplos de {label!r}, y se piden {times}.")
    return [*more, *examples]


def favoured(probabilities: Tensor) -> tuple[Tensor, Tensor]:
    """La probabilidad de cada etiqueta cuando el prompt la favorece y, de media, cuando favorece a otra,
    (N, C). En `probabilities`, (C, N, C), la fila i tiene las de C etiquetas tras N textos con un prompt que
    favorece a la etiqueta i.

    >>> import torch
    >>> favoured(torch.tensor([[[0.75, 0.25]], [[0.5, 0.5]]]))
    (tensor([[0.7500, 0.5000]]), tensor([[0.5000, 0.2500]]))
    """
    if len(probabilities) < 2:
        raise ValueError(f"Hacen falta al menos dos etiquetas que comparar, y hay {len(probabilities)}.")
    own = probabilities.diagonal(dim1=0, dim2=2)
    return own, (probabilities.sum(0) - own) / (len(probabilities) - 1)
