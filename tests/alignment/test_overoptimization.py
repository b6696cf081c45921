"""Las curvas de Gao y colaboradores: recuperan lo que las hizo, y sus errores son los mínimos."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.alignment.overoptimization import fit_best_of_n, fit_rl

D = torch.tensor([0.0, 0.3, 0.8, 1.5, 3.0, 6.0], dtype=torch.double)
CURVES = {
    fit_best_of_n: lambda d, a, b: d * (a - b * d),
    fit_rl: lambda d, a, b: a * d - b * torch.xlogy(d, d),
}
number = st.floats(-5, 5)


@pytest.mark.parametrize("fit", CURVES)
@settings(max_examples=25, deadline=None)
@given(number, number)
def test_an_exact_curve_is_recovered_and_foretold(fit, a, b):
    gain = CURVES[fit](D, a, b)
    found = fit(D[:4], gain[:4])
    assert (found.a, found.b) == pytest.approx((a, b), abs=1e-9)
    torch.testing.assert_close(found.at(D), gain)


@pytest.mark.parametrize("fit", CURVES)
def test_it_is_what_scipy_finds(fit):
    from scipy.optimize import curve_fit

    gain = torch.tensor([0.0, 0.5, 0.7, 0.4, -1.0, -3.5], dtype=torch.double)
    formula = lambda d, a, b: CURVES[fit](torch.as_tensor(d), a, b).numpy()  # noqa: E731
    expected, _ = curve_fit(formula, D.numpy(), gain.numpy())
    found = fit(D, gain)
    assert np.allclose([found.a, found.b], expected, atol=1e-6)


@pytest.mark.parametrize("fit", CURVES)
def test_the_peak_is_the_highest_point(fit):
    found = fit(D, CURVES[fit](D, 3.0, 1.0))
    around = found.at(found.peak * torch.tensor([0.99, 1.0, 1.01], dtype=torch.double))
    assert around.argmax() == 1
    assert fit(D, CURVES[fit](D, 1.0, -0.5)).peak == math.inf


def test_one_distance_is_not_a_curve():
    for fit in CURVES:
        with pytest.raises(ValueError, match="dos distancias"):
            fit(torch.tensor([0.0, 1.0, 1.0]), torch.tensor([0.0, 1.0, 1.0]))
