import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from siguiente.evaluation.intervals import (
    Estimate,
    apart,
    bootstrap,
    bootstrap_statistic,
    mean_interval,
    paired_bootstrap,
    proportion,
)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@given(n=st.integers(1, 500), data=st.data())
def test_wilson_bounds_solve_the_score_equation(n, data):
    """Los extremos son las p a las que la proporción observada queda justo a z errores estándar."""
    k = data.draw(st.integers(0, n))
    value, low, high = proportion(k, n)
    assert 0 <= low <= value <= high <= 1
    for p in {low, high} - {0.0, 1.0}:
        assert abs(value - p) == pytest.approx(1.959964 * (p * (1 - p) / n) ** 0.5, abs=1e-6)


def test_wilson_covers_as_it_promises_and_the_naive_interval_does_not():
    n, p = 20, 0.95
    draws = torch.binomial(torch.full((5000,), float(n)), torch.full((5000,), p), generator=seeded())
    wilson = [low <= p <= high for _, low, high in (proportion(int(k), n) for k in draws)]
    q = draws / n
    naive = (q - p).abs() <= 1.96 * (q * (1 - q) / n).sqrt()
    assert sum(wilson) / 5000 > 0.91
    assert naive.float().mean() < 0.70


def test_bootstrap_agrees_with_the_normal_interval_of_a_large_sample():
    values = torch.randn(2000, generator=seeded(1))
    estimate = bootstrap(values)
    assert estimate.value == pytest.approx(values.mean().item(), abs=1e-6)
    assert estimate.half_width == pytest.approx(1.96 * (values.std() / 2000**0.5).item(), rel=0.08)


def test_pairing_narrows_the_interval():
    cases = 10 * torch.randn(100, generator=seeded(1))
    a, b = cases, cases + 0.5 + 0.1 * torch.randn(100, generator=seeded(2))
    paired = paired_bootstrap(a, b)
    assert paired.low > 0.4
    assert bootstrap(b).half_width > 20 * paired.half_width


def test_any_statistic_resamples_as_the_mean_does():
    values = torch.randn(300, generator=seeded(1))
    mean = bootstrap(values)
    same = bootstrap_statistic(lambda rows: values[rows].mean().item(), 300, draws=4000)
    assert same == pytest.approx(mean, abs=1e-6)


@pytest.mark.parametrize(("k", "n"), [(0, 0), (-1, 5), (6, 5)])
def test_impossible_counts_are_refused(k, n):
    with pytest.raises(ValueError, match="entre 0 y los intentos"):
        proportion(k, n)


@pytest.mark.parametrize("values", [[1.0], [1.0, float("nan")], [[1.0, 2.0]]])
def test_samples_that_cannot_be_resampled_are_refused(values):
    with pytest.raises(ValueError, match="dos observaciones"):
        bootstrap(torch.tensor(values))


def test_pairs_are_checked():
    with pytest.raises(ValueError, match="no se emparejan"):
        paired_bootstrap(torch.zeros(3), torch.zeros(4))


def test_what_sets_two_independent_estimates_apart():
    one, other = (Estimate(value, value - half, value + half) for value, half in ((2.0, 3.0), (0.5, 4.0)))
    assert apart(one, other) == Estimate(1.5, -3.5, 6.5)
    assert apart(other, one) == Estimate(-1.5, -6.5, 3.5)


def test_setting_apart_is_wider_than_pairing_what_goes_together():
    shared, noise = (torch.randn(20, generator=seeded(k), dtype=torch.double) for k in (2, 3))
    a, b = shared + 1, shared + 0.1 * noise
    assert apart(mean_interval(a), mean_interval(b)).half_width > 3 * mean_interval(a - b).half_width
