"""Los 48 tweets con que se comparan plantillas, con su categoría."""

import csv
from importlib.resources import files

from siguiente.data.labelled_text import LabelledText

__all__ = ["CATEGORIES", "load_feed_tweets"]

CATEGORIES = ("alimentación", "deportes", "retail")


def load_feed_tweets() -> list[LabelledText]:
    """Devuelve los tweets, en un orden fijo en que las categorías se alternan.

    Examples
    --------
    >>> tweets = load_feed_tweets()
    >>> len(tweets), [tweet.label for tweet in tweets[:3]]
    (48, ['alimentación', 'deportes', 'retail'])
    """
    lines = (files("siguiente.data") / "feed_tweets.csv").read_text(encoding="utf-8").splitlines()
    tweets = [LabelledText(row["text"], row["label"]) for row in csv.DictReader(lines)]
    groups = [[tweet for tweet in tweets if tweet.label == label] for label in CATEGORIES]
    return [tweet for row in zip(*groups, strict=True) for tweet in row]
