"""Los 441 tweets de siete sectores con que se comparan plantillas y se clasifica con pocos ejemplos."""

from siguiente.course.data.packaged import packaged_part
from siguiente.prompting.labels import LabelledText

SECTORS = ("alimentos", "automóviles", "bancos", "bebidas", "deportes", "supermercados", "telefonía")
SPLITS = ("test", "examples", "development")


def load_tweets(split: str) -> list[LabelledText]:
    """Devuelve los tweets de una parte, en un orden fijo en que los sectores se alternan.

    Son ``"test"`` (140, solo para la medida final), ``"examples"`` (140, los que se pueden mostrar en un
    *prompt*) y ``"development"`` (161, para elegir su forma). Los ``7 * k`` primeros son ``k`` de cada
    sector, en el orden de `SECTORS`.

    >>> examples = load_tweets("examples")
    >>> len(examples), [tweet.label for tweet in examples[:3]]
    (140, ['alimentos', 'automóviles', 'bancos'])
    """
    return [LabelledText(**row) for row in packaged_part("tweets.csv", split)]
