"""Sesgos de las etiquetas: las que se repiten y las que van al final del prompt salen más."""

from collections.abc import Sequence

from torch import Tensor

from siguiente.prompting.labels import LabelledText

REPEATED = 3


def label_last(examples: Sequence[LabelledText], label: str) -> list[LabelledText]:
    """Gira los ejemplos hasta que el último tenga esa etiqueta.

    >>> examples = [LabelledText(text, label) for text, label in ("1a", "2b", "3c")]
    >>> "".join(example.text for example in label_last(examples, "a"))
    '231'
    """
    last = max(i for i, example in enumerate(examples) if example.label == label)
    return [*examples[last + 1 :], *examples[: last + 1]]


def label_repeated(
    examples: Sequence[LabelledText], pool: Sequence[LabelledText], label: str
) -> list[LabelledText]:
    """Pone delante de los ejemplos `REPEATED` más de una etiqueta; los que había siguen en su sitio.
    Ningún texto se enseña dos veces, aunque `pool` lo repita: se repite la etiqueta, no el caso.

    >>> pool = [LabelledText(text, label) for text, label in ("1a", "2b", "3b", "4b", "5b")]
    >>> "".join(example.text for example in label_repeated(pool[:2], pool, "b"))
    '34512'
    """
    shown = {example.text for example in examples}
    others = {case.text: case for case in pool if case.label == label and case.text not in shown}
    return [*list(others.values())[:REPEATED], *examples]


def favoured(probabilities: Tensor) -> tuple[Tensor, Tensor]:
    """La probabilidad de cada etiqueta cuando el prompt la favorece y, de media, cuando favorece a otra,
    (N, C). En `probabilities`, (C, N, C), la fila i tiene las de C etiquetas tras N textos con un prompt que
    favorece a la etiqueta i.

    >>> import torch
    >>> favoured(torch.tensor([[[0.75, 0.25]], [[0.5, 0.5]]]))
    (tensor([[0.7500, 0.5000]]), tensor([[0.5000, 0.2500]]))
    """
    own = probabilities.diagonal(dim1=0, dim2=2)
    return own, (probabilities.sum(0) - own) / (len(probabilities) - 1)
