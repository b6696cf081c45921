import re
from importlib.resources import files
from itertools import combinations

from siguiente.course.data.branded_tweets import BRANDS, load_branded_tweets
from siguiente.course.data.tweets import SECTORS, SPLITS, load_tweets
from siguiente.course.prompting.few_shot_classification import tfidf

ANONYMOUS = dict.fromkeys(BRANDS, "la empresa")
SHIFTED = dict(zip(BRANDS, [*list(BRANDS.values())[1:], BRANDS["alimentos"]], strict=True))
LABELS = [tweet.label for tweet in load_branded_tweets()]


def texts(brands=BRANDS):
    return [tweet.text for tweet in load_branded_tweets(brands)]


def accuracy(predicted):
    return sum(a == b for a, b in zip(predicted, LABELS, strict=True)) / len(LABELS)


def test_sectors_are_those_of_the_other_set_and_alternate():
    assert tuple(BRANDS) == SECTORS
    assert list(SECTORS) * 12 == LABELS


def test_each_tweet_names_its_brand_once_and_no_other():
    for tweet in load_branded_tweets():
        assert [brand for brand in BRANDS.values() for _ in re.findall(rf"\b{brand}\b", tweet.text)] == [
            BRANDS[tweet.label]
        ]
        assert "<" not in tweet.text


def test_only_the_brand_changes_between_versions():
    for branded, anonymous, shifted, label in zip(
        texts(), texts(ANONYMOUS), texts(SHIFTED), LABELS, strict=True
    ):
        assert re.sub("la empresa", BRANDS[label], anonymous, flags=re.IGNORECASE) == branded
        assert shifted.replace(SHIFTED[label], BRANDS[label]) == branded


def test_a_sentence_starts_with_a_capital_whatever_fills_the_gap():
    anonymous = texts(ANONYMOUS)
    assert sum(text.startswith("La empresa") for text in anonymous) > 5
    assert sum(bool(re.search(r"[.?!] La empresa", text)) for text in anonymous) > 3
    assert not [text for text in anonymous if re.search(r"(^|[.?!] )la empresa|[^.?!] La empresa", text)]


def test_no_tweet_is_near_another_of_either_set():
    both = texts(ANONYMOUS) + [tweet.text for split in SPLITS for tweet in load_tweets(split)]
    words = [re.findall(r"\w+", text.lower()) for text in both]
    shingles = [{tuple(w[i : i + 3]) for i in range(len(w) - 2)} for w in words]
    assert not [a & b for a, b in combinations(shingles, 2) if len(a & b) >= 0.3 * len(a | b)]


def test_a_lookup_table_is_always_right_and_always_wrong_when_brands_are_shifted(leaks):
    table = leaks.WordRule({brand.lower(): sector for sector, brand in BRANDS.items()}, otherwise="")
    assert accuracy(table.predict(texts())) == 1
    assert accuracy(table.predict(texts(SHIFTED))) == 0
    assert table.predict(texts(ANONYMOUS)) == [""] * 84


def test_the_word_rule_discovers_the_brands(leaks):
    rule = leaks.word_rule(texts(), LABELS, per_label=True)
    assert {label: word for word, label in rule.labels.items()} == {s: b.lower() for s, b in BRANDS.items()}


def test_a_learned_classifier_lives_off_the_brand(leaks):
    branded = accuracy(leaks.tfidf_cross_validated(texts(), LABELS))
    anonymous = accuracy(leaks.tfidf_cross_validated(texts(ANONYMOUS), LABELS))
    assert branded > 0.9
    assert anonymous < 0.4


def test_a_false_brand_convinces_it():
    """Aprende con la mitad y se examina con la otra, que lleva las marcas cambiadas de sector."""
    owner = {brand: sector for sector, brand in BRANDS.items()}
    predicted = tfidf().fit(texts()[:42], LABELS[:42]).predict(texts(SHIFTED)[42:])
    assert sum(a == owner[SHIFTED[b]] for a, b in zip(predicted, LABELS[42:], strict=True)) > 0.8 * 42
    assert sum(a == b for a, b in zip(predicted, LABELS[42:], strict=True)) < 0.2 * 42


def test_brands_are_in_no_other_tweet(leaks):
    tweets = [tweet for split in SPLITS for tweet in load_tweets(split)]
    other = frozenset().union(*(leaks.words_in(tweet.text) for tweet in tweets))
    assert not other & {brand.lower() for brand in BRANDS.values()}


def test_the_card_states_what_the_file_holds():
    card = (files("siguiente.course.data") / "branded_tweets.md").read_text(encoding="utf-8")
    assert f"{len(LABELS)} mensajes" in card
    assert all(f"`{brand}`" in card for brand in BRANDS.values())
