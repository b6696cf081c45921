"""Las plantillas de los tweets y lo que se anotó con ellas."""

from collections import Counter

from siguiente.course.data.tweets import load_tweets
from siguiente.course.prompting.label_scores import (
    CATEGORIES,
    FORMS,
    TWEET_TEMPLATES,
    category_tweets,
    load_form_scores,
)


def test_the_tweets_are_as_many_of_each_category_and_none_is_for_measuring():
    tweets = category_tweets()
    assert Counter(tweet.label for tweet in tweets) == dict.fromkeys(CATEGORIES, 24)
    assert not {tweet.text for tweet in tweets} & {tweet.text for tweet in load_tweets("test")}


def test_there_is_a_score_for_each_tweet_template_form_and_label():
    scores = load_form_scores()
    assert scores.shape == (72, len(TWEET_TEMPLATES), len(FORMS), 3 * len(CATEGORIES))
    assert (scores < 0).all()


def test_a_label_is_less_probable_than_its_first_piece():
    upper, _, first = load_form_scores().split(3, dim=-1)
    assert (upper < first).all()
