"""Un clasificador sin modelo de lenguaje: lo que cualquier modelo tiene que superar."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


def tfidf_predictions(
    train_texts: Sequence[str], train_labels: Sequence[str], texts: Sequence[str]
) -> list[str]:
    """Etiquetas según una regresión logística sobre TF-IDF, aprendida con ejemplos de dos etiquetas o más.

    Los rasgos son los trozos de tres a cinco letras de cada palabra, con sus bordes: así «cuenta» y «cuentas»
    comparten casi todos, y con pocos ejemplos eso vale más que la palabra entera. Cada uno pesa
    :math:`(1 + \\ln n)\\left(1 + \\ln\\frac{1 + N}{1 + d}\\right)`, donde :math:`n` son sus veces en el
    texto, :math:`N` los textos y :math:`d` los que lo tienen; después, el vector se divide por su norma.

    >>> train = ["Qué golazo metió el equipo", "El saldo de mi cuenta"]
    >>> tfidf_predictions(train, ["deportes", "bancos"], ["¡Vaya gol!", "Bloquearon las cuentas"])
    ['deportes', 'bancos']
    """
    predicted: list[str] = tfidf().fit(list(train_texts), list(train_labels)).predict(list(texts)).tolist()
    return predicted


def tfidf() -> "Pipeline":
    """La regresión logística sobre TF-IDF, sin nada aprendido todavía."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    features = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    return make_pipeline(features, LogisticRegression(max_iter=1000))
