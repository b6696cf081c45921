import re
from collections import Counter
from importlib.resources import files
from itertools import combinations

import pytest

from siguiente.course.data.tweets import SECTORS, SPLITS, load_tweets

TWEETS = [tweet for split in SPLITS for tweet in load_tweets(split)]
TEXTS = [tweet.text for tweet in TWEETS]
LABELS = [tweet.label for tweet in TWEETS]


def shingles(text):
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + 3]) for i in range(len(words) - 2)}


def accuracy(predicted):
    return sum(a == b for a, b in zip(predicted, LABELS, strict=True)) / len(LABELS)


@pytest.mark.parametrize(("split", "per_sector"), [("test", 20), ("examples", 20), ("development", 23)])
def test_sectors_are_balanced_and_alternate(split, per_sector):
    assert [tweet.label for tweet in load_tweets(split)] == list(SECTORS) * per_sector


def test_an_unknown_split_is_refused():
    with pytest.raises(ValueError, match="No hay una parte «train»"):
        load_tweets("train")


def test_no_tweet_is_near_another_in_any_split():
    for a, b in combinations(map(shingles, TEXTS), 2):
        assert len(a & b) < 0.2 * len(a | b), (a & b, a, b)


def test_lengths_are_those_of_a_tweet():
    assert not [text for text in TEXTS if not 40 <= len(text) <= 200 or text != text.strip()]


def test_no_tweet_names_a_sector():
    names = r"alimentos?|autom[oó]vil(es)?|bancos?|bebidas?|deportes?|supermercados?|telefonía"
    assert not [text for text in TEXTS if re.search(rf"\b({names})\b", text.lower())]


def test_nobody_is_named_and_nothing_is_linked():
    assert not [text for text in TEXTS if re.search(r"@|https?:|www\.", text)]


@pytest.mark.parametrize("per_label", [False, True])
def test_no_word_gives_its_sector_away(leaks, per_label):
    assert accuracy(leaks.word_rule(TEXTS, LABELS, per_label).predict(TEXTS)) <= 0.4


def test_the_vocabulary_helps_without_being_enough(leaks):
    assert 0.6 <= accuracy(leaks.tfidf_cross_validated(TEXTS, LABELS)) <= 0.9


def test_beginnings_are_varied():
    """Ninguna frase hecha: ni dos palabras abren muchos tweets, ni cuatro seguidas se repiten a menudo."""
    words = [re.findall(r"\w+", text.lower()) for text in TEXTS]
    openings = Counter(tuple(w[:2]) for w in words)
    runs = Counter(run for w in words for run in {tuple(w[i : i + 4]) for i in range(len(w) - 3)})
    assert max(openings.values()) <= 8
    assert max(runs.values()) <= 3


def test_the_card_states_what_the_file_holds():
    card = (files("siguiente.course.data") / "tweets.md").read_text(encoding="utf-8")
    assert f"{len(TWEETS)} mensajes" in card
    assert all(f"`{name}`" in card for name in (*SECTORS, *SPLITS))
