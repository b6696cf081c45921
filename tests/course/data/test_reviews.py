import re
from importlib.resources import files
from itertools import combinations

from siguiente.course.data.reviews import OPINIONS, load_reviews

REVIEWS = load_reviews()


def test_opinions_are_balanced_and_alternate():
    assert [review.label for review in REVIEWS] == list(OPINIONS) * 64


def test_reviews_are_short_clean_and_different():
    assert all(review.text == " ".join(review.text.split()) for review in REVIEWS)
    assert all(30 <= len(review.text) <= 70 for review in REVIEWS)
    sets = [set(re.findall(r"\w+", review.text.lower())) for review in REVIEWS]
    assert all(len(a & b) < 0.4 * len(a | b) for a, b in combinations(sets, 2))


def test_no_review_says_its_opinion():
    assert not [review.text for review in REVIEWS if re.search("positiv|negativ", review.text.lower())]


def test_the_card_states_what_the_file_holds():
    card = (files("siguiente.course.data") / "reviews.md").read_text(encoding="utf-8")
    assert f"{len(REVIEWS)} reseñas" in card
    assert all(f"`{opinion}`" in card for opinion in OPINIONS)
