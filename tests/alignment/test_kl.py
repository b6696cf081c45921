"""Tres maneras de estimar una divergencia, y qué gradiente tiene cada una."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.alignment.kl import exact_kl, k1, k2, k3

LOGITS = st.lists(st.floats(-3, 3), min_size=4, max_size=4).map(lambda z: torch.tensor(z, dtype=torch.double))


def moments(estimator, logits, ref_logits):
    """La media y la varianza exactas de un estimador, con todas las muestras posibles."""
    logprobs, ref = logits.log_softmax(-1), ref_logits.log_softmax(-1)
    values = estimator(logprobs, ref)
    mean = (logprobs.exp() * values).sum()
    return mean, (logprobs.exp() * (values - mean) ** 2).sum()


def test_the_exact_divergence_by_hand():
    p, q = torch.tensor([0.5, 0.5]), torch.tensor([0.9, 0.1])
    assert exact_kl(p.log(), q.log()).item() == pytest.approx(0.5 * math.log(0.25 / 0.09))
    assert exact_kl(p.log(), p.log() + 7) == pytest.approx(0, abs=1e-6)


def test_the_exact_divergence_is_that_of_pytorch():
    p, q = torch.randn(2, 3, 5, 11, generator=torch.Generator().manual_seed(0))
    oracle = torch.distributions.kl_divergence(
        torch.distributions.Categorical(logits=p), torch.distributions.Categorical(logits=q)
    )
    torch.testing.assert_close(exact_kl(p, q), oracle)


@settings(max_examples=50, deadline=None)
@given(LOGITS, LOGITS)
def test_k1_and_k3_have_no_bias(logits, ref_logits):
    truth = exact_kl(logits, ref_logits).item()
    for estimator in (k1, k3):
        assert moments(estimator, logits, ref_logits)[0].item() == pytest.approx(truth, abs=1e-9)


def test_k2_has_bias_that_fades_as_the_policies_meet():
    ref, step = torch.tensor([0.9, 0.1]).double().log(), torch.tensor([-2.2, 0.0]).double()
    biases = []
    for size in (1.0, 0.1):
        truth = exact_kl(ref + size * step, ref)
        biases.append(((moments(k2, ref + size * step, ref)[0] - truth) / truth).abs())
    assert biases[0] > 0.4
    assert biases[1] < 0.1


def test_k1_is_the_noisiest_when_the_policies_are_close():
    ref = torch.zeros(3).double()
    variances = [moments(k, ref + torch.tensor([0.2, 0.0, -0.1]), ref)[1] for k in (k1, k2, k3)]
    assert variances[0] > 50 * max(variances[1:])


@settings(max_examples=50, deadline=None)
@given(st.floats(-30, 5, width=32))
def test_k3_is_never_negative(log_ratio):
    assert k3(torch.tensor(-log_ratio), torch.tensor(0.0)) >= 0


def test_the_naive_form_of_k3_is_lost_near_zero():
    """Si las políticas casi coinciden, k3 vale x²/2; la resta deja ruido, y hasta valores negativos."""
    x = torch.linspace(1e-5, 1e-4, 1000)
    truth, naive, ours = x.double() ** 2 / 2, x.exp() - 1 - x, k3(-x, torch.zeros(1000))
    assert (naive < 0).any()
    assert ((naive - truth) / truth).abs().median() > 1
    ulp = torch.finfo(x.dtype).eps * x  # expm1 y la resta: dos redondeos de un número como x
    assert ((ours - truth).abs() < 2 * ulp + x**3 / 4).all()


def gradient(value, logits):
    return torch.autograd.grad(value, logits)[0]


@settings(max_examples=50, deadline=None)
@given(LOGITS, LOGITS)
def test_the_gradient_of_an_estimator_is_not_the_gradient_of_what_it_estimates(start, ref_logits):
    """Como pérdida, con las muestras ya escritas, k1 no hace nada, k2 acerca y k3 acerca por otro lado."""
    logits = start.clone().requires_grad_()
    chances, ref = start.softmax(-1), ref_logits.log_softmax(-1)
    found = [gradient((chances * k(logits.log_softmax(-1), ref)).sum(), logits) for k in (k1, k2, k3)]
    reverse = gradient(exact_kl(logits, ref_logits), logits)
    forward = gradient(exact_kl(ref_logits, logits), logits)
    for value, expected in zip(found, (torch.zeros(4).double(), reverse, forward), strict=True):
        torch.testing.assert_close(value, expected, atol=1e-9, rtol=1e-9)
