"""Tweets en español escritos para el curso, con su categoría."""

import csv
from dataclasses import dataclass
from importlib.resources import files

__all__ = ["CATEGORIES", "Tweet", "load_tweets"]

CATEGORIES = ("alimentación", "deportes", "retail")


@dataclass(frozen=True)
class Tweet:
    """Un mensaje y su categoría."""

    text: str
    label: str


def load_tweets() -> list[Tweet]:
    """Devuelve los tweets, en un orden fijo en que las categorías se alternan.

    Examples
    --------
    >>> tweets = load_tweets()
    >>> len(tweets), [tweet.label for tweet in tweets[:3]]
    (48, ['alimentación', 'deportes', 'retail'])
    """
    lines = (files("siguiente.data") / "tweets.csv").read_text(encoding="utf-8").splitlines()
    tweets = [Tweet(row["text"], row["label"]) for row in csv.DictReader(lines)]
    groups = [[tweet for tweet in tweets if tweet.label == label] for label in CATEGORIES]
    return [tweet for row in zip(*groups, strict=True) for tweet in row]
