"""Los tokens que cuentan."""

import torch

from siguiente.alignment.sequences import answer_means, masked_mean

MASK = torch.tensor([[True, True, False], [True, False, False]])
NAN = float("nan")


def test_means_by_hand_and_blind_to_the_rest():
    values = torch.tensor([[1.0, 3.0, NAN], [8.0, NAN, torch.inf]])
    assert masked_mean(values, MASK) == 4
    assert answer_means(values, MASK).tolist() == [2, 8]


def test_what_does_not_count_gets_no_gradient():
    values = torch.tensor([[1.0, 3.0, NAN], [8.0, NAN, torch.inf]], requires_grad=True)
    answer_means(values, MASK).sum().backward()
    assert values.grad.tolist() == [[0.5, 0.5, 0], [1, 0, 0]]
