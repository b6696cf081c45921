"""Los sorteos y las variantes anotados: qué ejemplos llevan, con qué tweets se hicieron y qué se puntuó."""

from collections import Counter

import pytest
import torch

from siguiente.course.cli.labelled_csv import LabelledRow
from siguiente.course.data.branded_tweets import BRANDS
from siguiente.course.data.tweets import SECTORS, load_tweets
from siguiente.course.prompting.few_shot_scores import (
    BRANDED,
    DRAWS,
    FEW_SHOT_DRAWS,
    KINDS,
    OTHER_TEMPLATES,
    SIZES,
    branded_cases,
    example_sets,
    label_last,
    label_repeated,
    load_draws,
    load_variant,
    materials,
)
from siguiente.prompting.labels import LabelledText

POOL = [LabelledText(f"{label} {i}", label) for i in range(4) for label in "abc"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_recorded_examples_are_those_that_the_code_draws(kind):
    assert [draw.examples for draw in load_draws(kind)] == example_sets(kind)


@pytest.mark.parametrize("kind", SIZES)
def test_each_draw_is_balanced_and_no_two_are_equal(kind):
    sets = example_sets(kind)
    each = SIZES[kind] // len(SECTORS)
    assert all(Counter(case.label for case in shown) == dict.fromkeys(SECTORS, each) for shown in sets)
    assert len({tuple(shown) for shown in sets}) == DRAWS


def test_no_example_is_a_tweet_that_is_scored():
    scored = {case.text for case in load_tweets("test")}
    assert not scored & {case.text for kind in KINDS for shown in example_sets(kind) for case in shown}


def test_another_order_has_the_same_examples_and_false_labels_the_same_texts():
    first, second, third, *_ = example_sets("seven")
    assert all(set(shown) == set(first) and shown != first for shown in example_sets("reordered"))
    texts = [[case.text for case in shown] for shown in (first, second, third)]
    assert [[case.text for case in shown] for shown in example_sets("relabelled")] == texts


def test_each_sector_is_the_last_once_and_the_most_repeated_once():
    assert [shown[-1].label for shown in example_sets("last")] == list(SECTORS)
    for sector, shown in zip(SECTORS, example_sets("repeated"), strict=True):
        assert Counter(case.label for case in shown).most_common(1) == [(sector, 4)]


def test_the_scores_are_log_probabilities_of_every_tweet_and_of_the_empty_texts():
    scores = [draw.scores for kind in KINDS for draw in load_draws(kind)]
    assert {tuple(found.raw.shape) for found in scores} == {(140, 7), (14, 7)}
    assert {tuple(found.content_free.shape) for found in scores} == {(3, 7)}
    assert all((torch.cat([found.raw, found.content_free]).exp().sum(1) < 1).all() for found in scores)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="few-shot-draws no tiene 'nine'"):
        FEW_SHOT_DRAWS.part("nine")


@pytest.mark.parametrize("kind", [*OTHER_TEMPLATES, *BRANDED])
def test_the_scores_of_a_variant_are_log_probabilities_of_every_tweet_and_of_the_empty_texts(kind):
    scores = load_variant(kind)
    assert (scores.raw.shape, scores.content_free.shape) == ((70, 7), (3, 7))
    assert (scores.raw.exp().sum(1) < 1).all()
    assert (scores.content_free.exp().sum(1) < 1).all()


@pytest.mark.parametrize("kind", [*OTHER_TEMPLATES, *BRANDED])
def test_no_example_of_a_variant_is_a_tweet_that_is_scored(kind):
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


@pytest.mark.parametrize("label", "abc")
def test_the_wanted_label_goes_last_and_the_cyclic_order_stays(label):
    turned = label_last(POOL[:3], label)
    assert turned[-1].label == label
    assert "".join(example.label for example in turned) in "abcabc"


def test_repeating_a_label_adds_only_that_label_and_only_in_front():
    examples = label_repeated(POOL[:3], POOL, "b")
    assert examples[3:] == POOL[:3]
    assert Counter(example.label for example in examples) == {"a": 1, "b": 4, "c": 1}
    assert len(set(examples)) == 6


def test_the_same_case_is_never_shown_twice():
    pool = [*POOL, *POOL, LabelledRow("b 1", "b", line=9), LabelledRow("b 0", "b", line=10)]
    examples = label_repeated(POOL[:3], pool, "b")
    assert Counter(example.text for example in examples[:3]) == {"b 1": 1, "b 2": 1, "b 3": 1}
