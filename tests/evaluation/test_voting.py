"""Votar y elegir entre varias respuestas: cuentas hechas a mano, todos los subconjuntos y muchos sorteos."""

from itertools import combinations, permutations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from siguiente.evaluation.selection import NO_ANSWER, best_of_n, majority, pass_at_k, vote_accuracy

ANSWERS = st.lists(st.integers(-1, 3), min_size=1, max_size=5)


def mean(values):
    return torch.tensor([float(value) for value in values], dtype=torch.double).mean().item()


def close(value, expected):
    assert value.item() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("answers", "winner"),
    [
        ([3, 5, 5], 5),
        ([3, 5, 5, 3], 3),
        ([NO_ANSWER, NO_ANSWER, 7], 7),
        ([NO_ANSWER] * 3, NO_ANSWER),
        ([4], 4),
    ],
)
def test_the_majority_by_hand(answers, winner):
    assert majority(torch.tensor(answers)) == winner


@given(ANSWERS, st.permutations(range(4)))
def test_the_majority_does_not_depend_on_the_names(answers, names):
    renamed = [NO_ANSWER if answer == NO_ANSWER else names[answer] for answer in answers]
    winner = majority(torch.tensor(answers)).item()
    assert majority(torch.tensor(renamed)) == (NO_ANSWER if winner == NO_ANSWER else names[winner])


def test_the_majority_of_each_row():
    rows = torch.tensor([[[1, 2, 2], [3, 3, 1]], [[0, 0, 0], [9, 8, 7]]])
    assert majority(rows).tolist() == [[2, 3], [0, 9]]


def test_vote_accuracy_by_hand():
    votes, right = torch.tensor([[1, 1, 2, 2, 3]]), torch.tensor([1])
    # De las diez ternas, con 1, 1 ganan tres; con 1, 2, 3 (cuatro) se reparte entre tres; las otras tres, no.
    close(vote_accuracy(votes, right, 3)[0], (3 + 4 / 3) / 10)
    close(vote_accuracy(votes, right, 5)[0], 1 / 2)


@given(ANSWERS, st.integers(0, 3), st.data())
def test_vote_accuracy_is_the_majority_over_every_order(answers, target, data):
    """El oráculo: en todos los órdenes, que gane la primera de las empatadas es repartir el empate."""
    k = data.draw(st.integers(1, len(answers)))
    ballots = torch.tensor(list(permutations(answers, k)))
    expected = mean(majority(ballots) == target)
    close(vote_accuracy(torch.tensor([answers]), torch.tensor([target]), k)[0], expected)


def test_votes_help_who_is_often_right_and_harm_who_is_often_wrong():
    often = torch.tensor([[1] * 6 + [2] * 4, [1] * 4 + [2] * 6])
    one, many = (vote_accuracy(often, torch.tensor([1, 1]), k) for k in (1, 9))
    assert one.tolist() == pytest.approx([0.6, 0.4])
    assert many[0] > 0.8
    assert many[1] < 0.2


def test_equal_answers_gain_nothing():
    votes = torch.tensor([[5] * 8, [6] * 8])
    assert vote_accuracy(votes, torch.tensor([5, 5]), 7).tolist() == [1, 0]


@given(st.lists(st.booleans(), min_size=1, max_size=7), st.data())
def test_pass_at_k_is_the_mean_over_every_subset(correct, data):
    k = data.draw(st.integers(1, len(correct)))
    expected = mean(any(chosen) for chosen in combinations(correct, k))
    close(pass_at_k(len(correct), torch.tensor(sum(correct)), k), expected)


def test_pass_at_k_by_hand():
    close(pass_at_k(10, torch.tensor(3), 2), 1 - 7 * 6 / (10 * 9))
    assert pass_at_k(4, torch.tensor([[0, 1], [3, 4]]), 4).tolist() == [[0, 1], [1, 1]]
    close(pass_at_k(200, torch.tensor(1), 100), 0.5)
    assert pass_at_k(2, torch.tensor([True, False]), 1).tolist() == [0.5, 0]


def test_the_natural_estimator_is_biased_and_ours_is_not():
    """Con n respuestas de un modelo que acierta una de cada cinco, lo que se estima de media y lo cierto."""
    n, k, p = 10, 8, 0.2
    draws = torch.rand(20_000, n, generator=torch.Generator().manual_seed(0)) < p
    truth, c = 1 - (1 - p) ** k, draws.sum(1)
    ours, natural = pass_at_k(n, c, k), 1 - (1 - c / n) ** k
    error = ours.std() / len(ours) ** 0.5
    assert abs(ours.mean() - truth) < 4 * error
    assert natural.mean() < truth - 10 * error


@given(st.lists(st.booleans(), min_size=1, max_size=8), st.data())
def test_with_a_perfect_verifier_the_best_is_right_if_any_is(correct, data):
    k, right = data.draw(st.integers(1, len(correct))), torch.tensor([correct])
    close(best_of_n(right.int(), right, k)[0], pass_at_k(len(correct), right.sum(1), k).item())


def test_only_what_there_is_can_vote():
    with pytest.raises(ValueError, match="entre 1 y 2"):
        vote_accuracy(torch.tensor([[1, 2]]), torch.tensor([1]), 3)
    with pytest.raises(ValueError, match="entre 1 y 5"):
        pass_at_k(5, torch.tensor([1]), 0)
