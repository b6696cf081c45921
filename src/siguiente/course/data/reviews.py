"""Ciento veintiocho reseñas de cine muy claras: un texto ajeno en el que se puede esconder otra cosa."""

from siguiente.course.data.packaged import packaged_rows
from siguiente.prompting.labels import LabelledText

OPINIONS = ("positivo", "negativo")


def load_reviews() -> list[LabelledText]:
    """Devuelve las reseñas en un orden fijo en que las dos opiniones se alternan.

    >>> load_reviews()[1].text
    'Me aburrí tanto que conté las butacas de la sala.'
    """
    return [LabelledText(**row) for row in packaged_rows("reviews.csv")]
