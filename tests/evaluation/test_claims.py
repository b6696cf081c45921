"""Las afirmaciones comprobadas."""

import dataclasses
import math
import sys

import numpy as np
import pytest
import torch

from siguiente.evaluation.claims import ClaimError, claim, claim_close


def test_a_true_claim_keeps_its_sentence_and_both_numbers():
    made = claim("A supera a B.", smaller=1, larger=3, margin=2)
    assert dataclasses.astuple(made) == ("A supera a B.", 1.0, 3.0, 2.0)


def test_a_close_claim_keeps_its_sentence_and_both_numbers():
    made = claim_close("A es casi B.", value=2.5, expected=2, tolerance=0.5)
    assert dataclasses.astuple(made) == ("A es casi B.", 2.5, 2.0, 0.5)


@pytest.mark.parametrize(
    ("smaller", "larger"), [(1, 1), (1, 1.4), (2, 1), (math.nan, 1), (1, math.nan), (math.inf, math.inf)]
)
def test_a_false_claim_stops_and_says_both_numbers(smaller, larger):
    with pytest.raises(
        ClaimError, match=f"«A supera a B.»: {float(larger)} no supera a {float(smaller)} en 0.5"
    ):
        claim("A supera a B.", smaller, larger, margin=0.5)


@pytest.mark.parametrize(("value", "expected"), [(1, 2), (2, 1), (math.nan, 1), (1, math.nan), (math.inf, 1)])
def test_a_false_close_claim_stops(value, expected):
    with pytest.raises(ClaimError, match=r"«A es casi B\.»"):
        claim_close("A es casi B.", value, expected, tolerance=0.5)


@pytest.mark.parametrize("margin", [0, -1, math.nan, math.inf])
def test_a_margin_is_positive_and_finite(margin):
    with pytest.raises(ValueError, match="margin"):
        claim("A supera a B.", 0, 1, margin)
    with pytest.raises(ValueError, match="tolerance"):
        claim_close("A es casi B.", 1, 1, margin)


def test_an_infinite_number_may_be_the_larger_one():
    assert claim("La perplejidad es infinita.", 8, math.inf, margin=1).larger == math.inf


@pytest.mark.parametrize("truth", [True, np.bool_(True), np.array(True), torch.tensor(True)])
def test_a_truth_value_is_not_a_number(truth):
    with pytest.raises(TypeError, match="los dos números"):
        claim("A supera a B.", 0, truth, margin=0.5)


def test_single_element_tensors_are_numbers():
    assert claim("A supera a B.", np.float32(0.25), torch.tensor(0.5), margin=0.1).larger == 0.5


def test_an_empty_sentence_is_rejected():
    with pytest.raises(ValueError, match="oración"):
        claim("  ", 0, 1, margin=1)


def test_a_claim_announces_itself_so_that_a_page_cannot_lose_it():
    heard = []
    listening = [True]
    sys.addaudithook(
        lambda event, args: heard.extend(args) if listening and event == "siguiente.claim" else None
    )
    made, close = claim("A supera a B.", 0, 1, margin=1), claim_close("A es casi B.", 1, 1, tolerance=1)
    with pytest.raises(ClaimError):
        claim("B supera a A.", 1, 0, margin=1)
    listening.clear()
    assert heard == [made, close]
