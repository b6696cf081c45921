"""Clasificadores sin modelo de lenguaje: lo que cualquier modelo tiene que superar."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


class WordRule(NamedTuple):
    """Unas palabras, la etiqueta que anuncia cada una y la que se da si no aparece ninguna.

    >>> WordRule({"gol": "deportes"}, otherwise="bancos").predict(["¡Qué gol!", "Se cayó la red"])
    ['deportes', 'bancos']
    """

    labels: dict[str, str]
    otherwise: str

    def predict(self, texts: Sequence[str]) -> list[str]:
        """Da la etiqueta de la primera palabra de la regla que está en cada texto."""
        return [
            next((label for word, label in self.labels.items() if word in words_in(text)), self.otherwise)
            for text in texts
        ]


def words_in(text: str) -> frozenset[str]:
    """Palabras distintas de un texto, en minúsculas y sin signos.

    >>> sorted(words_in("¡Gol, gol, GOLAZO!"))
    ['gol', 'golazo']
    """
    return frozenset(re.findall(r"\w+", text.lower()))


def majority_label(labels: Sequence[str]) -> str:
    """Etiqueta más frecuente; si empatan varias, la primera que aparece.

    >>> majority_label(["bancos", "deportes", "deportes"])
    'deportes'
    """
    if not labels:
        raise ValueError("No hay etiquetas: hace falta al menos una para saber cuál es la más frecuente.")
    return Counter(labels).most_common(1)[0][0]


def word_rule(texts: Sequence[str], labels: Sequence[str], per_label: bool = False) -> WordRule:
    """La regla más acertada de las que miran una sola palabra, en total o, con `per_label`, por etiqueta.

    Mide cuánto regala el vocabulario de un conjunto: se elige con las mismas respuestas con que se puntúa, de
    modo que su exactitud es un techo, no una estimación. Con una sola palabra, da la etiqueta más frecuente
    de los textos que la tienen y, en los demás, la más frecuente de los demás. Con una por etiqueta, toma la
    de mayor diferencia entre los textos de esa etiqueta que la tienen y los de otras, si pasa de cero: si un
    texto tiene varias, manda la de mayor diferencia; si ninguna, la etiqueta más frecuente. Entre palabras
    iguales de buenas se queda la primera por orden alfabético.

    >>> texts = ["qué gol", "vaya gol", "mi cuenta", "su saldo"]
    >>> word_rule(texts, ["deportes", "deportes", "bancos", "bancos"])
    WordRule(labels={'gol': 'deportes'}, otherwise='bancos')
    """
    _check(texts, labels)
    counts = _label_counts(texts, labels)
    if not counts:
        return WordRule({}, majority_label(labels))
    return _one_word_per_label(counts, labels) if per_label else _one_word(counts, labels)


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
    _check(train_texts, train_labels, distinct=2)
    predicted: list[str] = _tfidf().fit(list(train_texts), list(train_labels)).predict(list(texts)).tolist()
    return predicted


def tfidf_cross_validated(
    texts: Sequence[str], labels: Sequence[str], folds: int = 10, seed: int = 0
) -> list[str]:
    """Etiqueta de cada texto según `tfidf_predictions`, aprendida sin él ni los de su pliegue.
    Los pliegues tienen la misma proporción de cada etiqueta.
    """
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    _check(texts, labels, distinct=2)
    if not 2 <= folds <= min(Counter(labels).values()):
        raise ValueError(f"Con {folds} pliegues no hay un texto de cada etiqueta en cada uno: elija otros.")
    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    predicted: list[str] = cross_val_predict(_tfidf(), list(texts), list(labels), cv=splitter).tolist()
    return predicted


def _tfidf() -> "Pipeline":
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    features = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    return make_pipeline(features, LogisticRegression(max_iter=1000))


def _label_counts(texts: Sequence[str], labels: Sequence[str]) -> dict[str, Counter[str]]:
    """Cuenta en cuántos textos de cada etiqueta está cada palabra."""
    counts: dict[str, Counter[str]] = {}
    for text, label in zip(texts, labels, strict=True):
        for word in words_in(text):
            counts.setdefault(word, Counter())[label] += 1
    return {word: counts[word] for word in sorted(counts)}


def _one_word(counts: dict[str, Counter[str]], labels: Sequence[str]) -> WordRule:
    total = Counter(labels)

    def hits(word: str) -> int:
        return max(counts[word].values()) + max((total - counts[word]).values(), default=0)

    best = max(counts, key=hits)
    rest = total - counts[best]
    return WordRule({best: counts[best].most_common(1)[0][0]}, (rest or total).most_common(1)[0][0])


def _one_word_per_label(counts: dict[str, Counter[str]], labels: Sequence[str]) -> WordRule:
    def gain(label: str, word: str) -> int:
        return 2 * counts[word][label] - counts[word].total()

    best = {label: max(counts, key=lambda word: gain(label, word)) for label in dict.fromkeys(labels)}
    useful = [label for label in best if gain(label, best[label]) > 0]
    ordered = sorted(useful, key=lambda label: -gain(label, best[label]))
    return WordRule({best[label]: label for label in ordered}, majority_label(labels))


def _check(texts: Sequence[str], labels: Sequence[str], distinct: int = 1) -> None:
    if len(texts) != len(labels):
        raise ValueError(
            f"Hace falta una etiqueta por texto: hay {len(texts)} textos y {len(labels)} etiquetas."
        )
    if len(set(labels)) < distinct:
        raise ValueError(f"Hay {len(set(labels))} etiquetas distintas y hacen falta al menos {distinct}.")
