"""Cuánto regala el vocabulario de un conjunto: una regla de una palabra y TF-IDF fuera de muestra."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from siguiente.course.prompting.few_shot_classification import tfidf


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
    counts = _label_counts(texts, labels)
    if not counts:
        return WordRule({}, majority_label(labels))
    return _one_word_per_label(counts, labels) if per_label else _one_word(counts, labels)


def tfidf_cross_validated(
    texts: Sequence[str], labels: Sequence[str], folds: int = 10, seed: int = 0
) -> list[str]:
    """Etiqueta de cada texto según `tfidf`, aprendida sin él ni los de su pliegue.
    Los pliegues tienen la misma proporción de cada etiqueta.
    """
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    predicted: list[str] = cross_val_predict(tfidf(), list(texts), list(labels), cv=splitter).tolist()
    return predicted


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
