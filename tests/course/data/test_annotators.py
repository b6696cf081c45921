"""Anotadores simulados: probabilidades en forma cerrada, y las frecuencias de muchas respuestas."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from siguiente.course.data.annotators import (
    KINDNESS_ONLY,
    OBEDIENCE_ONLY,
    Annotator,
    HastyAnnotator,
    agreement,
    ceiling,
    kappa,
)
from siguiente.course.data.story_requests import StoryRequest, load_demonstrations
from siguiente.course.data.story_reward import gold_reward

REQUEST, GOOD = load_demonstrations("test", 1)[0]
BAD = "Gracias. " * 20
JUDGES = st.builds(
    Annotator, noise=st.floats(0.01, 50), length_bias=st.floats(-5, 5), carelessness=st.floats(0, 1)
)
STORIES = st.sampled_from([GOOD, BAD, "Ana lloró.", "No"])


@given(JUDGES, STORIES, STORIES)
def test_one_of_the_two_is_preferred(judge, first, second):
    one, other = (judge.preference(REQUEST, *pair) for pair in [(first, second), (second, first)])
    assert one + other == pytest.approx(1)
    assert judge.carelessness / 2 <= one <= 1 - judge.carelessness / 2 + 1e-12


def test_an_unbiased_judge_values_the_truth():
    assert Annotator().utility(REQUEST, GOOD) == pytest.approx(gold_reward(REQUEST, GOOD))


def test_bradley_and_terry_by_hand():
    gap = gold_reward(REQUEST, GOOD) - gold_reward(REQUEST, BAD)
    expected = 1 / (1 + math.exp(-gap / 2))
    assert Annotator(noise=2.0).preference(REQUEST, GOOD, BAD) == pytest.approx(expected)
    mixed = Annotator(noise=2.0, carelessness=0.4).preference(REQUEST, GOOD, BAD)
    assert mixed == pytest.approx(0.6 * expected + 0.2)


def test_noise_goes_from_the_best_to_a_coin():
    found = [Annotator(noise=noise).preference(REQUEST, GOOD, BAD) for noise in (1e-9, 1.0, 10.0, 1e9)]
    assert found == sorted(found, reverse=True)
    assert found[0] == 1
    assert found[-1] == pytest.approx(0.5)
    assert Annotator(noise=1e-300).preference(REQUEST, BAD, GOOD) == 0
    assert Annotator(carelessness=1.0, noise=1e-9).preference(REQUEST, GOOD, BAD) == 0.5


def test_length_bias_turns_a_pair_around():
    short, long = GOOD, GOOD + " Y nada más" * 30 + "."
    gap = gold_reward(REQUEST, short) - gold_reward(REQUEST, long)
    words = len(long.split()) - len(short.split())
    fair, biased = (Annotator(length_bias=bias) for bias in (0.0, 100 * gap / words + 1))
    even = Annotator(length_bias=100 * gap / words)
    assert gap > 0
    assert words == 90
    assert biased.preference(REQUEST, long, short) > 0.5 > fair.preference(REQUEST, long, short)
    assert even.preference(REQUEST, long, short) == pytest.approx(0.5)


def test_two_ways_of_valuing_disagree():
    request, kind, exact = StoryRequest("Ana", "race"), "Rieron. Un abrazo.", "Ana ganó una carrera."
    assert KINDNESS_ONLY.preference(request, kind, exact) > 0.7
    assert OBEDIENCE_ONLY.preference(request, exact, kind) > 0.9


def test_answers_come_as_often_as_they_should():
    judge, generator = Annotator(noise=3.0, carelessness=0.2), torch.Generator().manual_seed(0)
    draws = [judge.prefers_first(REQUEST, "Ana rió.", "Ana lloró.", generator) for _ in range(2000)]
    p = judge.preference(REQUEST, "Ana rió.", "Ana lloró.")
    assert abs(sum(draws) / 2000 - p) < 4 * math.sqrt(p * (1 - p) / 2000)


@pytest.mark.parametrize("noise", [0.0, -1.0, math.inf, math.nan])
def test_noise_must_be_positive(noise):
    with pytest.raises(ValueError, match="`noise` debe ser positivo y finito"):
        Annotator(noise=noise)


def test_bad_input():
    for share in (-0.1, 1.5, math.nan):
        with pytest.raises(ValueError, match="de 0 a 1"):
            Annotator(carelessness=share)


def test_who_is_in_a_hurry_reads_only_stories_of_a_similar_length():
    calm, hasty = Annotator(noise=2.0, carelessness=0.2), HastyAnnotator(2.0, carelessness=0.2, glance=4)
    close = f"{GOOD} Y nada más."
    for pair in [(GOOD, close), (close, GOOD)]:
        assert hasty.preference(REQUEST, *pair) == calm.preference(REQUEST, *pair)
    long = f"{GOOD} Y nada más se supo."
    expected = 0.8 / (1 + math.exp(-1)) + 0.1
    assert hasty.preference(REQUEST, long, GOOD) == pytest.approx(expected)
    assert hasty.preference(REQUEST, GOOD, long) == pytest.approx(1 - expected)


def test_what_two_annotators_agree_on_is_what_they_would_if_asked():
    generator = torch.Generator().manual_seed(0)
    likely = torch.rand(40, generator=generator)
    one, other = (torch.rand(5000, 40, generator=generator) < likely for _ in range(2))
    assert agreement(likely) == pytest.approx((one == other).double().mean().item(), abs=0.005)
    assert kappa(likely) == pytest.approx(2 * agreement(likely) - 1)
    best = likely > 0.5
    assert ceiling(likely) == pytest.approx((one == best).double().mean().item(), abs=0.005)


def test_nobody_knows_an_annotator_better_than_the_ceiling():
    likely = torch.tensor([0.9, 0.2, 0.5, 0.6])
    guesses = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 4)
    hits = (guesses * likely + (1 - guesses) * (1 - likely)).mean(1)
    assert ceiling(likely) == pytest.approx(hits.max().item())
    assert agreement(likely) <= ceiling(likely)
