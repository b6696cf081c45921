"""Las variantes anotadas: con qué tweets se hicieron y qué se puntuó."""

import pytest

from siguiente.course.data.branded_tweets import BRANDS
from siguiente.course.data.tweets import SECTORS
from siguiente.course.prompting.few_shot_variants import (
    BRANDED,
    OTHER_TEMPLATES,
    branded_cases,
    load_variant,
    materials,
)


@pytest.mark.parametrize("kind", [*OTHER_TEMPLATES, *BRANDED])
def test_the_scores_are_log_probabilities_of_every_tweet_and_of_the_empty_texts(kind):
    scores = load_variant(kind)
    assert (scores.raw.shape, scores.content_free.shape) == ((70, 7), (3, 7))
    assert (scores.raw.exp().sum(1) < 1).all()
    assert (scores.content_free.exp().sum(1) < 1).all()


@pytest.mark.parametrize("kind", [*OTHER_TEMPLATES, *BRANDED])
def test_no_example_is_a_tweet_that_is_scored(kind):
    _, examples, cases = materials(kind)
    assert not {shown.text for shown in examples} & {case.text for case in cases}


def test_the_three_ways_have_the_same_labels_in_the_same_order():
    taught, cases = zip(*map(branded_cases, BRANDED), strict=True)
    for group in (taught, cases):
        assert len({tuple(case.label for case in each) for each in group}) == 1


def test_a_brand_is_that_of_the_sector_of_nobody_or_of_the_next_sector():
    following = dict(zip(SECTORS, [*SECTORS[1:], SECTORS[0]], strict=True))
    own, none, other = (branded_cases(kind)[1] for kind in BRANDED)
    assert all(BRANDS[case.label] in case.text for case in own)
    assert not any(brand in case.text for case in none for brand in BRANDS.values())
    assert all(BRANDS[following[case.label]] in case.text for case in other)


def test_an_unknown_variant_is_refused():
    with pytest.raises(ValueError, match="few-shot-variants no tiene 'nine'"):
        load_variant("nine")
