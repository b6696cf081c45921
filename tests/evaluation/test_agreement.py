"""Acuerdo entre anotadores: a mano, frente a scikit-learn y con monedas."""

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from siguiente.evaluation.classification import agreement_rate, cohen_kappa

LABELS = st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3)), min_size=1, max_size=40)


def test_by_hand():
    """La tabla 20, 5; 10, 15: coinciden 35 de 50, y por azar coincidirían en la mitad."""
    a = torch.tensor([1] * 25 + [0] * 25)
    b = torch.tensor([1] * 20 + [0] * 5 + [1] * 10 + [0] * 15)
    assert agreement_rate(a, b) == pytest.approx(0.7)
    assert cohen_kappa(a, b) == pytest.approx(0.4)


@given(LABELS)
def test_it_is_that_of_scikit_learn(pairs):
    a, b = torch.tensor(pairs).T
    assume(len(set(a.tolist() + b.tolist())) > 1)
    kappa = cohen_kappa(a, b)
    assert kappa == pytest.approx(cohen_kappa_score(a.numpy(), b.numpy()), abs=1e-12)
    assert kappa == pytest.approx(cohen_kappa(b, a), abs=1e-12)
    assert kappa <= agreement_rate(a, b) + 1e-12


def test_the_same_labels_and_two_coins():
    coins = torch.rand(2, 20_000, generator=torch.Generator().manual_seed(0)) < 0.5
    assert cohen_kappa(coins[0], coins[0]) == 1
    assert cohen_kappa(coins[0], ~coins[0]) == pytest.approx(-1, abs=1e-3)
    assert abs(cohen_kappa(*coins)) < 0.03


def test_loaded_coins_agree_often_and_mean_nothing():
    coins = torch.rand(2, 20_000, generator=torch.Generator().manual_seed(0)) < 0.95
    assert agreement_rate(*coins) > 0.9
    assert abs(cohen_kappa(*coins)) < 0.03


def test_who_always_says_the_same_has_no_kappa():
    ones = torch.ones(3, dtype=torch.int64)
    with pytest.raises(ValueError, match="siempre la misma etiqueta"):
        cohen_kappa(ones, ones)
    assert cohen_kappa(ones, 1 - ones) == 0  # dos que repiten, cada uno lo suyo
