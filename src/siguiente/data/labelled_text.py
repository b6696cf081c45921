"""Textos con su etiqueta."""

from dataclasses import dataclass

__all__ = ["LabelledText"]


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
