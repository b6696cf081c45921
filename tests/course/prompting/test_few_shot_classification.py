"""TF-IDF, y lo que cambia cuando el prompt favorece a una etiqueta."""

import math

import pytest
import torch

from siguiente.course.prompting.few_shot_classification import favoured, tfidf, tfidf_hits
from siguiente.prompting.labels import LabelledText


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
    cases = [LabelledText(text, "animal") for text in animals] + [
        LabelledText(text, "cosa") for text in things
    ]
    assert tfidf_hits(cases[::2], cases).tolist() == [1] * 12


def test_a_prompt_that_favours_nothing_shows_no_difference():
    same = torch.rand(1, 5, 3, generator=torch.Generator().manual_seed(0)).expand(3, 5, 3)
    own, other = favoured(same)
    torch.testing.assert_close(own, other)
    torch.testing.assert_close(own, same[0])


def test_favoured_by_hand():
    boosted = torch.full((3, 1, 3), 0.25) + 0.25 * torch.eye(3)[:, None]
    own, other = favoured(boosted)
    assert own.tolist() == [[0.5, 0.5, 0.5]]
    assert other.tolist() == [[0.25, 0.25, 0.25]]
