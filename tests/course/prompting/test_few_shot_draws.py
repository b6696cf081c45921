"""Los sorteos de ejemplos anotados: qué ejemplos llevan y qué se puntuó."""

from collections import Counter

import pytest
import torch

from siguiente.course.data.tweets import SECTORS, load_tweets
from siguiente.course.prompting.few_shot_draws import (
    DRAWS,
    FEW_SHOT_DRAWS,
    KINDS,
    SIZES,
    example_sets,
    load_draws,
)


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
