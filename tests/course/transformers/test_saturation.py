"""La raíz de d: la varianza que predice la teoría y la derivada que calcula PyTorch."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from siguiente.course.transformers.copy_task import sample_scores, softmax_slack


@pytest.mark.parametrize("dimension", [1, 16, 300])
def test_the_variance_is_the_dimension_and_dividing_makes_it_one(dimension):
    raw = sample_scores(dimension, 4000, 10, torch.Generator().manual_seed(0), scaled=False)
    scaled = sample_scores(dimension, 4000, 10, torch.Generator().manual_seed(0), scaled=True)
    assert raw.scores.var().item() == pytest.approx(dimension, rel=0.06)
    torch.testing.assert_close(scaled.scores, raw.scores / dimension**0.5)


def test_without_dividing_the_softmax_freezes():
    raw = sample_scores(1024, 500, 40, torch.Generator().manual_seed(0), scaled=False)
    scaled = sample_scores(1024, 500, 40, torch.Generator().manual_seed(0), scaled=True)
    assert raw.top.mean() > 0.95
    assert raw.slack.mean() < 0.1
    assert scaled.top.mean() < 0.25
    assert scaled.slack.mean() > 0.85


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=8))
def test_the_slack_is_the_trace_of_the_derivative(scores):
    z = torch.tensor(scores, dtype=torch.double)
    jacobian = torch.autograd.functional.jacobian(lambda x: x.softmax(-1), z)
    torch.testing.assert_close(softmax_slack(z.softmax(-1)), jacobian.trace())
