import math

import pytest

from siguiente.course.prompting.baselines import tfidf, tfidf_predictions


def test_tfidf_weighs_as_the_docstring_says():
    """La palabra «sol» da tres trozos de tres letras o más con bordes; se pesan a mano y se normalizan."""
    features = tfidf()[0].fit(["sol sol", "mar"])
    row = features.transform(["sol sol"]).toarray()[0]
    grams = [" so", "sol", "ol ", " sol", "sol ", " sol "]
    weight = (1 + math.log(2)) * (1 + math.log((1 + 2) / (1 + 1)))
    norm = weight * math.sqrt(len(grams))
    for gram in grams:
        assert row[features.vocabulary_[gram]] == pytest.approx(weight / norm)
    assert (row > 0).sum() == len(grams)


def test_tfidf_learns_what_the_words_give_away():
    animals = [f"el {animal} duerme" for animal in ("gato", "gatito", "gatazo", "gata", "gatuno", "gatos")]
    things = [f"el {thing} brilla" for thing in ("faro", "farol", "farola", "faroles", "farito", "faros")]
    texts, labels = animals + things, ["animal"] * 6 + ["cosa"] * 6
    assert tfidf_predictions(texts[::2], labels[::2], texts) == labels
