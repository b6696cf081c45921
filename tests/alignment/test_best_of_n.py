"""Lo mejor de n, contado sobre todos los subconjuntos."""

import math
from itertools import combinations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.alignment.best_of_n import best_of_n, best_of_n_kl, select_best

PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(-9, 9)), min_size=1, max_size=6)


@settings(max_examples=50, deadline=None)
@given(PAIRS, st.data())
def test_it_is_the_mean_over_every_subset(pairs, data):
    n, means = data.draw(st.integers(1, len(pairs))), []
    for chosen in combinations(pairs, n):
        top = [gold for proxy, gold in chosen if proxy == max(chosen)[0]]
        means.append(sum(top) / len(top))
    proxy, gold = torch.tensor(pairs).double().T
    assert best_of_n(proxy, gold, n).item() == pytest.approx(sum(means) / len(means), abs=1e-9)


def test_one_is_chance_and_all_is_the_best():
    proxy, gold = torch.randn(2, 3, 40, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(best_of_n(proxy, gold, 1), gold.double().mean(1))
    best = gold.gather(1, select_best(proxy)[:, None])[:, 0]
    torch.testing.assert_close(best_of_n(proxy, gold, 40), best.double())


def test_a_blind_proxy_gains_nothing():
    gold = torch.randn(50, generator=torch.Generator().manual_seed(0))
    for n in (1, 7, 50):
        torch.testing.assert_close(best_of_n(torch.zeros(50), gold, n), gold.double().mean())


def test_it_has_no_bias():
    """El máximo de n uniformes vale n/(n+1); se estima con 8 muestras, muchas veces."""
    draws = torch.rand(20_000, 8, generator=torch.Generator().manual_seed(0))
    for n in (2, 5):
        estimates = best_of_n(draws, draws, n)
        error = estimates.std() / len(estimates) ** 0.5
        assert abs(estimates.mean() - n / (n + 1)) < 4 * error


def test_large_numbers_do_not_overflow():
    proxy = torch.arange(2000.0)
    expected = 500 / 501 * 2001 - 1  # la media del máximo de quinientos de entre 0..1999, sin repetir
    assert best_of_n(proxy, proxy, 500).item() == pytest.approx(expected)


def test_the_divergence_is_exact_without_ties():
    """Entre K respuestas igual de probables, la mejor de n es la k-ésima con (k/K)ⁿ - ((k-1)/K)ⁿ."""
    K = 100_000
    for n in (1, 4, 64):
        steps = (torch.arange(K + 1).double() / K) ** n
        chances = steps.diff()
        kl = (chances * (chances * K).clamp(min=1e-300).log()).sum().item()
        assert kl == pytest.approx(best_of_n_kl(n), abs=1e-3)


def test_with_ties_it_is_only_a_bound():
    p, n = 0.3, 4  # dos puntuaciones posibles; la buena, con probabilidad 0,3
    good = 1 - (1 - p) ** n
    kl = good * math.log(good / p) + (1 - good) * math.log((1 - good) / (1 - p))
    assert kl < best_of_n_kl(n) - 0.1


def test_the_best_of_each_row():
    assert select_best(torch.tensor([[1.0, 3.0, 3.0], [2.0, 1.0, 0.0]])).tolist() == [1, 0]


def test_bad_input():
    x, nan = torch.zeros(3), torch.tensor([0.0, 1.0, float("nan")])
    for n in (0, 4):
        with pytest.raises(ValueError, match="entre 1 y 3"):
            best_of_n(x, x, n)
    with pytest.raises(ValueError, match="no se emparejan"):
        best_of_n(x, x[:2], 1)
    with pytest.raises(ValueError, match=r"Las puntuaciones: el valor de la posición \[2\]"):
        best_of_n(nan, x, 1)
    with pytest.raises(ValueError, match=r"Las recompensas: el valor de la posición \[2\]"):
        best_of_n(x, nan, 1)
    with pytest.raises(ValueError, match=r"Las puntuaciones: el valor de la posición \[2\]"):
        select_best(nan)
    with pytest.raises(ValueError, match="al menos una respuesta"):
        select_best(torch.zeros(2, 0))
    with pytest.raises(ValueError, match="al menos 1"):
        best_of_n_kl(0)
