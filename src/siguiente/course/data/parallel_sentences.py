"""Sesenta oraciones en español, con su traducción al inglés: lo que cuesta decir lo mismo en dos lenguas."""

from dataclasses import dataclass

from siguiente.course.data.packaged import packaged_rows

TOPICS = ("casa", "diálogo", "noticias", "ciencia", "instrucciones", "relato")


@dataclass(frozen=True)
class SentencePair:
    """Lo mismo, dicho en dos lenguas.

    Examples
    --------
    >>> SentencePair("casa", "Buenos días.", "Good morning.").english
    'Good morning.'
    """

    topic: str
    spanish: str
    english: str


def load_parallel_sentences() -> list[SentencePair]:
    """Devuelve las parejas en un orden fijo en que los temas se alternan.

    Returns
    -------
    list of SentencePair
        Sesenta, diez de cada tema de `TOPICS`.

    Examples
    --------
    >>> pairs = load_parallel_sentences()
    >>> len(pairs), pairs[1].english
    (60, 'Do you know where I left the car keys?')
    """
    return [SentencePair(**row) for row in packaged_rows("parallel_sentences.csv")]
