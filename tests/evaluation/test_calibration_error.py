import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from siguiente.evaluation.classification import (
    Bin,
    confidence_bins,
    expected_calibration_error,
)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def calibrated(n, seed=0):
    """Un modelo que acierta con la probabilidad que dice."""
    generator = seeded(seed)
    confidences = torch.rand(n, generator=generator)
    return confidences, torch.bernoulli(confidences, generator=generator)


cases = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60).map(
    lambda pairs: (
        torch.tensor([c for c, _ in pairs], dtype=torch.double),
        torch.tensor([h for _, h in pairs]),
    )
)


def test_a_case_by_hand():
    """Cinco tramos: (0,4; 0,6] con 2 aciertos de 4 y (0,8; 1] con 1 de 2; los otros tres, vacíos."""
    confidences = torch.tensor([0.5, 0.5, 0.6, 0.6, 0.9, 1.0], dtype=torch.double)
    hits = torch.tensor([1, 1, 0, 0, 1, 0])
    low, high = confidence_bins(confidences, hits, bins=5)
    assert low == (pytest.approx(0.55), 0.5, 4)
    assert high == (pytest.approx(0.95), 0.5, 2)
    assert expected_calibration_error(confidences, hits, bins=5) == pytest.approx((4 * 0.05 + 2 * 0.45) / 6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_each_bin_includes_its_upper_edge_and_the_first_includes_zero(dtype):
    edges = torch.tensor([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0], dtype=dtype)
    bins = confidence_bins(edges, torch.ones(11))
    assert [one.cases for one in bins] == [2] + [1] * 9
    assert bins[0].confidence == pytest.approx(0.05)
    just_above = confidence_bins(torch.tensor([0.5, 0.5 + 1e-6], dtype=dtype), torch.tensor([0, 1]), bins=2)
    assert just_above == [Bin(0.5, 0.0, 1), Bin(pytest.approx(0.5 + 1e-6), 1.0, 1)]


@pytest.mark.parametrize("bins", [1, 4, 10, 15])
def test_bins_are_those_of_scikit_learn(bins):
    confidences, hits = calibrated(300)
    accuracy, confidence = calibration_curve(hits.numpy(), confidences.double().numpy(), n_bins=bins)
    found = confidence_bins(confidences, hits, bins)
    assert [one.accuracy for one in found] == pytest.approx(accuracy)
    assert [one.confidence for one in found] == pytest.approx(confidence)


@given(pairs=cases, bins=st.integers(1, 20))
def test_the_bins_share_out_the_cases_and_the_error_is_a_proportion(pairs, bins):
    found = confidence_bins(*pairs, bins)
    error = expected_calibration_error(*pairs, bins)
    assert sum(one.cases for one in found) == len(pairs[0])
    assert sorted(one.confidence for one in found) == [one.confidence for one in found]
    assert 0 <= error <= 1


@given(pairs=cases, bins=st.integers(1, 10))
def test_the_error_depends_on_the_bins_and_never_falls_when_they_are_split(pairs, bins):
    confidences, hits = pairs
    overall = abs(confidences.mean() - hits.double().mean()).item()
    errors = [expected_calibration_error(confidences, hits, n) for n in (1, bins, 2 * bins)]
    assert errors[0] == pytest.approx(overall, abs=1e-12)
    assert errors[0] <= errors[1] + 1e-12 <= errors[2] + 2e-12


def test_who_always_says_70_and_hits_7_of_10_is_calibrated():
    hits = torch.tensor([1] * 7 + [0] * 3)
    assert expected_calibration_error(torch.full((10,), 0.7), hits) == pytest.approx(0, abs=1e-7)
    assert expected_calibration_error(torch.ones(10), hits) == pytest.approx(0.3)


def test_with_few_cases_even_a_calibrated_model_seems_wrong():
    few = [expected_calibration_error(*calibrated(30, seed)) for seed in range(40)]
    many = [expected_calibration_error(*calibrated(30_000, seed)) for seed in range(4)]
    assert min(few) > 0.05
    assert max(many) < 0.02


@pytest.mark.parametrize("confidence", [50.0, -0.1, float("nan")])
def test_a_confidence_is_a_proportion(confidence):
    with pytest.raises(ValueError, match="de 0 a 1"):
        expected_calibration_error(torch.tensor([confidence]), torch.tensor([1]))
