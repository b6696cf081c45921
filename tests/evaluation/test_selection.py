"""Lo mejor de n, contado sobre todos los subconjuntos."""

from itertools import combinations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.evaluation.selection import best_of_n

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
    best = gold.gather(1, proxy.argmax(1, keepdim=True))[:, 0]
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


def test_scores_may_be_counts_or_yes_and_no():
    right = torch.tensor([[True, False, True]])
    for scores in (right, right.int()):
        torch.testing.assert_close(best_of_n(scores, right, 2), torch.ones(1).double())


@pytest.mark.parametrize("n", [0, 4])
def test_only_what_there_is_can_be_chosen(n):
    with pytest.raises(ValueError, match="entre 1 y 3"):
        best_of_n(torch.zeros(3), torch.zeros(3), n)
