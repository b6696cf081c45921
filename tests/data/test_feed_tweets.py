import re
from collections import Counter
from importlib.resources import files
from itertools import combinations

from siguiente.data.feed_tweets import CATEGORIES, load_feed_tweets


def words(text):
    return re.findall(r"\w+", text.lower())


def shingles(text):
    return {tuple(words(text)[i : i + 3]) for i in range(len(words(text)) - 2)}


def test_categories_are_balanced_and_alternate():
    labels = [tweet.label for tweet in load_feed_tweets()]
    assert Counter(labels) == dict.fromkeys(CATEGORIES, 16)
    assert labels == list(CATEGORIES) * 16


def test_no_tweet_is_near_another():
    texts = [tweet.text for tweet in load_feed_tweets()]
    for a, b in combinations(texts, 2):
        assert len(shingles(a) & shingles(b)) < 0.6 * len(shingles(a) | shingles(b)), (a, b)


def test_no_tweet_gives_its_category_away():
    for tweet in load_feed_tweets():
        assert not set(words(tweet.text)) & set(CATEGORIES), tweet.text


def test_nobody_is_named_and_nothing_is_linked():
    assert not [tweet.text for tweet in load_feed_tweets() if re.search(r"@|https?:|www\.", tweet.text)]


def test_the_card_states_what_the_file_holds():
    card = (files("siguiente.data") / "feed_tweets.md").read_text(encoding="utf-8")
    assert f"{len(load_feed_tweets())} mensajes" in card
    assert all(f"`{label}`" in card for label in CATEGORIES)
