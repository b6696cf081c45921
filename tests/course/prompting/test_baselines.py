import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siguiente.course.prompting.baselines import (
    WordRule,
    majority_label,
    tfidf_cross_validated,
    tfidf_predictions,
    word_rule,
    words_in,
)

TEXTS = ["qué gol", "vaya gol", "gol de pan", "qué pan", "mi cuenta", "su cuenta"]
LABELS = ["deportes", "deportes", "alimentos", "alimentos", "bancos", "bancos"]
labelled = st.lists(st.tuples(st.text("abc ", max_size=8), st.sampled_from("xyz")), min_size=1, max_size=12)


def hits(rule, texts, labels):
    return sum(a == b for a, b in zip(rule.predict(texts), labels, strict=True))


def test_the_majority_is_the_first_of_the_most_frequent():
    assert majority_label(["b", "a", "a", "b", "c"]) == "b"
    with pytest.raises(ValueError, match="No hay etiquetas"):
        majority_label([])


def test_one_word_by_hand():
    """«cuenta» acierta sus dos textos y, de los otros cuatro, dos; «gol» y «pan» no pasan de tres y dos."""
    rule = word_rule(TEXTS, LABELS)
    assert rule == WordRule({"cuenta": "bancos"}, "deportes")
    assert hits(rule, TEXTS, LABELS) == 4


def test_one_word_per_label_by_hand():
    """Las diferencias: «cuenta», 2 - 0; «gol», 2 - 1; «pan», 2 - 0. «gol de pan» tiene dos y manda «pan»."""
    rule = word_rule(TEXTS, LABELS, per_label=True)
    assert rule.labels == {"pan": "alimentos", "cuenta": "bancos", "gol": "deportes"}
    assert list(rule.labels)[-1] == "gol"
    assert hits(rule, TEXTS, LABELS) == 6


@given(labelled)
def test_no_other_word_is_better_than_the_chosen_one(rows):
    texts, labels = [text for text, _ in rows], [label for _, label in rows]
    chosen = hits(word_rule(texts, labels), texts, labels)
    every = [
        WordRule({word: a}, b) for text in texts for word in words_in(text) for a in "xyz" for b in "xyz"
    ]
    assert chosen == max([hits(rule, texts, labels) for rule in every] + [max(Counter(labels).values())])


@given(labelled)
def test_the_rule_of_one_word_per_label_knows_at_most_that(rows):
    texts, labels = [text for text, _ in rows], [label for _, label in rows]
    rule = word_rule(texts, labels, per_label=True)
    assert len(set(rule.labels.values())) == len(rule.labels) <= len(set(labels))
    assert rule.otherwise == majority_label(labels)


def test_tfidf_weighs_as_the_docstring_says():
    """La palabra «sol» da tres trozos de tres letras o más con bordes; se pesan a mano y se normalizan."""
    from siguiente.course.prompting.baselines import _tfidf

    features = _tfidf()[0].fit(["sol sol", "mar"])
    row = features.transform(["sol sol"]).toarray()[0]
    grams = [" so", "sol", "ol ", " sol", "sol ", " sol "]
    weight = (1 + math.log(2)) * (1 + math.log((1 + 2) / (1 + 1)))
    norm = weight * math.sqrt(len(grams))
    for gram in grams:
        assert row[features.vocabulary_[gram]] == pytest.approx(weight / norm)
    assert (row > 0).sum() == len(grams)


def test_tfidf_learns_what_the_words_give_away_and_nothing_from_noise():
    animals = [f"el {animal} duerme" for animal in ("gato", "gatito", "gatazo", "gata", "gatuno", "gatos")]
    things = [f"el {thing} brilla" for thing in ("faro", "farol", "farola", "faroles", "farito", "faros")]
    texts, labels = animals + things, ["animal"] * 6 + ["cosa"] * 6
    assert tfidf_cross_validated(texts, labels, folds=3) == labels
    assert tfidf_predictions(texts[::2], labels[::2], texts) == labels
    noise = ["abc"] * 12
    predicted = tfidf_cross_validated(noise, labels, folds=3)
    assert sum(a == b for a, b in zip(predicted, labels, strict=True)) == 6


def test_out_of_fold_means_that_a_text_never_sees_its_own_label():
    """Cada texto es único: si su etiqueta se filtrara, se acertaría siempre."""
    texts = [word * 2 for word in ("ab", "cd", "ef", "gh", "ij", "kl", "mn", "op")]
    labels = ["x", "y"] * 4
    assert tfidf_predictions(texts, labels, texts) == labels
    assert (
        sum(a == b for a, b in zip(tfidf_cross_validated(texts, labels, folds=4), labels, strict=True)) <= 4
    )


def test_the_seed_decides_the_folds():
    texts = [f"{a}{b} {c}" for a in "lmn" for b in "aeo" for c in ("sur", "mar")]
    labels = ["x" if "a" in text.split()[0] or "n" in text else "y" for text in texts]
    runs = [tfidf_cross_validated(texts, labels, folds=4, seed=seed) for seed in (0, 0, 1, 2, 3)]
    assert runs[0] == runs[1]
    assert any(run != runs[0] for run in runs[2:])


def test_bad_arguments_say_what_to_do():
    with pytest.raises(ValueError, match="una etiqueta por texto"):
        word_rule(["a"], [])
    with pytest.raises(ValueError, match="hacen falta al menos 1"):
        word_rule([], [])
    with pytest.raises(ValueError, match="hacen falta al menos 2"):
        tfidf_predictions(["uno", "dos"], ["x", "x"], ["tres"])
    for folds in (1, 3):
        with pytest.raises(ValueError, match="elija otros"):
            tfidf_cross_validated(["uno", "dos", "tres", "seis"], ["x", "x", "y", "y"], folds=folds)
