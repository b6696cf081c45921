"""Sesenta oraciones en español, con su traducción al inglés: lo que cuesta decir lo mismo en dos lenguas."""

from dataclasses import dataclass

from siguiente.course.data.packaged import packaged_rows

TOPICS = ("casa", "diálogo", "noticias", "ciencia", "instrucciones", "relato")


@dataclass(frozen=True)
class SentencePair:
    """Lo mismo, dicho en dos lenguas."""

    topic: str
    spanish: str
    english: str


def load_parallel_sentences() -> list[SentencePair]:
    """Devuelve sesenta parejas, diez de cada tema de `TOPICS`, que se alternan en un orden fijo.

    >>> load_parallel_sentences()[1].english
    'Do you know where I left the car keys?'
    """
    return [SentencePair(**row) for row in packaged_rows("parallel_sentences.csv")]
