"""Vigilar: el AUROC es el de scikit-learn, el umbral cumple lo que promete y los votos, la binomial."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.alignment.monitoring import auroc, first_alarm, losing_limit, quiet_threshold, votes_below

scores = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=8)


@settings(max_examples=50, deadline=None)
@given(scores, scores)
def test_the_auroc_is_the_area_under_the_curve(bad, good):
    from sklearn.metrics import roc_auc_score

    expected = roc_auc_score([1] * len(bad) + [0] * len(good), bad + good)
    assert auroc(torch.tensor(bad), torch.tensor(good)) == pytest.approx(expected)


def test_without_both_classes_there_is_no_auroc():
    with pytest.raises(ValueError, match="0 malos y 1 buenos"):
        auroc(torch.empty(0), torch.ones(1))


@pytest.mark.parametrize("passing", [0, 1, 2])
def test_a_new_good_run_passes_the_threshold_as_seldom_as_promised(passing):
    places = [1.0, 2.0, 3.0, 4.0, 5.0]  # el nuevo, el último, ocupa por igual cualquiera de los cinco puestos
    rang = [
        each[-1] > quiet_threshold(torch.tensor(each[:-1]), passing)
        for each in itertools.permutations(places)
    ]
    assert sum(rang) / len(rang) == pytest.approx((passing + 1) / 5)


def test_the_threshold_lets_no_more_pass_than_there_are():
    good = torch.tensor([0.5, 2.0, 1.0])
    assert [int((good > quiet_threshold(good, passing)).sum()) for passing in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="deje pasar menos"):
        quiet_threshold(good, 3)


def test_the_alarm_sounds_the_first_time_and_the_last_place_is_never():
    suspicion = torch.tensor([[0.0, 2.0, 3.0], [0.0, 1.0, 1.0], [2.0, 0.0, 0.0]])
    assert first_alarm(suspicion, 1.0).tolist() == [1, 3, 0]


@pytest.mark.parametrize(("labels", "limit"), [(1, 0), (20, 5), (400, 177), (400, 400)])
def test_the_votes_are_binomial(labels, limit):
    from scipy.stats import binom

    share = torch.tensor([0.0, 0.1, 0.5, 0.93, 1.0], dtype=torch.double)
    expected = torch.tensor(binom.cdf(limit, labels, share.numpy()))
    torch.testing.assert_close(votes_below(share, labels, limit), expected, atol=1e-9, rtol=1e-9)


def test_below_no_votes_there_is_nothing():
    assert votes_below(torch.tensor([0.0, 0.5]), 5, -1).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("labels", [3, 10, 200])
def test_the_limit_is_the_largest_that_seldom_sounds_in_vain(labels):
    half, rate = torch.tensor(0.5), 0.05
    limit = losing_limit(labels, rate)
    assert votes_below(half, labels, limit) <= rate < votes_below(half, labels, limit + 1)
