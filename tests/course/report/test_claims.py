"""Las afirmaciones: identidades, efectos y resultados."""

import dataclasses
import json
import math
import sys

import numpy as np
import pytest
import torch

from siguiente.course.report.claims import (
    Claim,
    ClaimError,
    CloseClaim,
    Reported,
    claim,
    claim_close,
    effect,
    identity,
    reported,
)
from siguiente.evaluation.intervals import Estimate, proportion


@pytest.fixture
def heard():
    """Lo que las afirmaciones anuncian en una prueba; un oyente de auditoría no se puede quitar."""
    found, listening = [], [True]
    sys.addaudithook(
        lambda event, args: found.extend(args) if listening and event == "siguiente.claim" else None
    )
    yield found
    listening.clear()


def test_a_true_claim_keeps_its_sentence_and_both_numbers():
    made = claim("A supera a B.", smaller=1, larger=3, margin=1)
    assert dataclasses.astuple(made) == ("effect", "A supera a B.", 1.0, 3.0, 1.0)
    assert (made.met, made.slack) == (True, 1.0)


def test_a_close_claim_keeps_its_sentence_and_both_numbers():
    made = claim_close("A es casi B.", value=2.25, expected=2, tolerance=0.5)
    assert dataclasses.astuple(made) == ("effect", "A es casi B.", 2.25, 2.0, 0.5)
    assert (made.met, made.slack) == (True, 0.5)


@pytest.mark.parametrize(
    ("smaller", "larger"), [(1, 1), (1, 1.4), (2, 1), (math.nan, 1), (1, math.nan), (math.inf, math.inf)]
)
def test_an_unmet_claim_says_so_and_goes_on(smaller, larger, heard):
    made = claim("A supera a B.", smaller, larger, margin=0.5)
    assert not made.met
    assert heard == [made]


@pytest.mark.parametrize(("value", "expected"), [(1, 2), (2, 1), (math.nan, 1), (1, math.nan), (math.inf, 1)])
def test_an_unmet_close_claim_says_so_and_goes_on(value, expected, heard):
    made = claim_close("A es casi B.", value, expected, tolerance=0.5)
    assert not made.met
    assert heard == [made]


@pytest.mark.parametrize(("value", "expected"), [(1, 2), (math.nan, 1), (1, math.nan), (math.inf, math.inf)])
def test_an_unmet_identity_stops_the_page_and_is_announced(value, expected, heard):
    with pytest.raises(
        ClaimError, match=rf"«A es B\.»: {float(value)} dista de {float(expected)} más de 0.5"
    ):
        identity("A es B.", value, expected, tolerance=0.5)
    assert [made.met for made in heard] == [False]


def test_a_met_identity_is_announced_with_its_kind(heard):
    made = identity("A es B.", torch.tensor(1.0), 1, tolerance=1e-6)
    assert heard == [made] == [CloseClaim("identity", "A es B.", 1.0, 1.0, 1e-6)]


@pytest.mark.parametrize("margin", [0, -1, math.nan, math.inf])
def test_a_margin_is_positive_and_finite(margin):
    with pytest.raises(ValueError, match="margin"):
        claim("A supera a B.", 0, 1, margin)
    for compare in (claim_close, identity):
        with pytest.raises(ValueError, match="tolerance"):
            compare("A es casi B.", 1, 1, margin)


def test_an_infinite_number_may_be_the_larger_one():
    made = claim("La perplejidad es infinita.", 8, math.inf, margin=1)
    assert (made.met, made.larger) == (True, math.inf)


@pytest.mark.parametrize("truth", [True, np.bool_(True), np.array(True), torch.tensor(True)])
@pytest.mark.parametrize("compare", [claim, claim_close, identity])
def test_a_truth_value_is_not_a_number(compare, truth):
    with pytest.raises(TypeError, match="los números que se comparan"):
        compare("A supera a B.", truth, 1, 0.5)
    with pytest.raises(TypeError, match="los números que se comparan"):
        compare("A supera a B.", 1, truth, 0.5)


@pytest.mark.parametrize(
    "compare",
    [
        lambda truth: effect("A.", (truth, 0, 2), above=0.5),
        lambda truth: effect("A.", (1, 0, 2), above=truth),
        lambda truth: effect("A.", (1, 0, 2), below=truth),
        lambda truth: reported("A.", (1, truth, 2)),
        lambda truth: reported("A.", (1, 0, 2), against=truth),
    ],
)
def test_a_truth_value_is_neither_an_estimate_nor_a_threshold(compare):
    with pytest.raises(TypeError, match="los números que se comparan"):
        compare(False)


def test_single_element_tensors_are_numbers():
    assert claim("A supera a B.", np.float32(0.25), torch.tensor(0.5), margin=0.1).larger == 0.5


@pytest.mark.parametrize(
    "write",
    [
        lambda text: claim(text, 0, 1, margin=1),
        lambda text: claim_close(text, 0, 1, tolerance=1),
        lambda text: identity(text, 0, 1, tolerance=1),
        lambda text: effect(text, (1, 0, 2), above=0),
        lambda text: reported(text, (1, 0, 2)),
    ],
)
def test_an_empty_sentence_is_rejected(write):
    with pytest.raises(ValueError, match="oración"):
        write("  ")


@pytest.mark.parametrize(("error", "met"), [(0.2499, True), (0.2501, False)])
def test_an_effect_needs_four_standard_errors(error, met):
    half = 1.96 * error
    assert effect("Sube.", Estimate(1, 1 - half, 1 + half), above=0).met is met
    assert effect("Baja.", Estimate(-1, -1 - half, -1 + half), below=0).met is met
    assert not effect("Sube.", Estimate(-1, -1 - half, -1 + half), above=0).met


def test_an_effect_keeps_its_threshold_and_its_margin(heard):
    made = effect("Sube.", Estimate(3, 3 - 0.98, 3 + 0.98), above=1)
    assert dataclasses.astuple(made) == ("effect", "Sube.", 1.0, 3.0, pytest.approx(2.0))
    assert effect("Baja.", Estimate(3, 3 - 0.98, 3 + 0.98), below=6).smaller == 3
    assert heard[0] == made


def test_an_effect_without_width_must_still_pass_its_threshold():
    assert effect("Sube.", Estimate(1, 1, 1), above=0.5).met
    assert effect("Sube.", Estimate(1, 1, 1), above=0.5).slack is None
    assert not effect("Sube.", Estimate(1, 1, 1), above=1).met


@pytest.mark.parametrize("estimate", [(math.nan, 0, 1), (1, math.nan, 2), (1, 0, math.nan)])
def test_an_estimate_with_nan_is_an_unmet_effect(estimate):
    assert not effect("Sube.", estimate, above=-9).met
    assert not effect("Baja.", estimate, below=9).met


@pytest.mark.parametrize("thresholds", [{}, {"above": 0.0, "below": 1.0}])
def test_an_effect_has_one_threshold(thresholds):
    with pytest.raises(ValueError, match="solo uno"):
        effect("Sube.", (1, 0, 2), **thresholds)


def test_an_interval_is_not_upside_down():
    for write in (lambda: effect("Sube.", Estimate(1, 2, 0), above=0), lambda: reported("A.", (1, 2, 0))):
        with pytest.raises(ValueError, match="del revés"):
            write()


@pytest.mark.parametrize(
    ("low", "high", "verb"),
    [(0.1, 0.9, "sube"), (-0.9, -0.1, "baja"), (-0.1, 0.9, "no se distingue"), (0, 0.9, "no se distingue")],
)
def test_the_interval_chooses_the_verb(low, high, verb):
    assert reported("La nota {verb}.", Estimate((low + high) / 2, low, high)) == verb
    assert reported("La nota {verb}.", Estimate(5, 5 + low, 5 + high), against=5) == verb


def test_the_sentence_and_the_verbs_are_those_of_the_page(heard):
    verbs = ("tarda más", "tarda menos", "tarda lo mismo")
    assert reported("El lote {verb} que {0}.", (2, 1, 3), against=4, verbs=verbs) == "tarda menos"
    assert heard == [Reported("reported", "El lote tarda menos que {0}.", 2.0, 1.0, 3.0, 4.0, "tarda menos")]


@pytest.mark.parametrize("verbs", [(), ("sube", "baja"), ("sube", " ", "igual"), ("a", "b", "c", "d")])
def test_there_are_three_verbs(verbs):
    with pytest.raises(ValueError, match="tres verbos"):
        reported("La nota {verb}.", (1, 0, 2), verbs=verbs)


def test_a_report_asserts_nothing_but_that_it_was_measured(heard):
    reported("La nota {verb}.", (1, -9, 9))
    reported("La nota {verb}.", (math.nan, math.nan, math.nan))
    assert [(made.met, made.slack) for made in heard] == [(True, None), (False, None)]


@pytest.mark.parametrize(
    ("made", "published"),
    [
        (
            Claim("effect", "A.", 1.0, 4.0, 2.0),
            {"smaller": 1.0, "larger": 4.0, "margin": 2.0, "relation": "<", "met": True, "slack": 0.5},
        ),
        (
            Claim("effect", "A.", 1.0, math.inf, 2.0),
            {"smaller": 1.0, "larger": "inf", "margin": 2.0, "relation": "<", "met": True, "slack": None},
        ),
        (
            CloseClaim("effect", "A.", math.nan, 4.0, 2.0),
            {"value": "nan", "expected": 4.0, "tolerance": 2.0, "relation": "≈", "met": False, "slack": None},
        ),
    ],
)
def test_what_is_published_is_strict_json(made, published):
    assert made.as_dict() == {"kind": "effect", "sentence": "A."} | published
    assert json.loads(json.dumps(made.as_dict(), allow_nan=False)) == made.as_dict()


def test_a_report_is_published_with_its_verb():
    assert Reported("reported", "A sube.", 2.0, 1.0, 3.0, 0.5, "sube").as_dict() == {
        "kind": "reported",
        "sentence": "A sube.",
        "relation": "reported",
        "value": 2.0,
        "low": 1.0,
        "high": 3.0,
        "against": 0.5,
        "verb": "sube",
        "met": True,
        "slack": None,
    }


def test_a_clear_majority_of_many_cases_is_an_effect():
    assert effect("Acierta más de la mitad.", proportion(90, 100), above=0.5).met
