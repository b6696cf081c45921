"""Elegir la mejor respuesta, y cuánto aleja eso del modelo de partida."""

import math

import pytest
import torch

from siguiente.evaluation.selection import best_of_n_kl, select_best


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


def test_a_score_that_is_not_a_number_is_not_the_best():
    with pytest.raises(ValueError, match="no es un número finito"):
        select_best(torch.tensor([0.0, 1.0, float("nan")]))
