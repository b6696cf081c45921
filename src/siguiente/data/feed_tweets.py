"""Los 48 tweets con que se comparan plantillas, con su categoría."""

from siguiente.data.labelled_text import LabelledText, packaged_rows

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
    tweets = [LabelledText(row["text"], row["label"]) for row in packaged_rows("feed_tweets.csv")]
    groups = [[tweet for tweet in tweets if tweet.label == label] for label in CATEGORIES]
    return [tweet for row in zip(*groups, strict=True) for tweet in row]
