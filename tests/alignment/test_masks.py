"""Los tokens que cuentan, y los errores que evitan."""

import pytest
import torch

from siguiente.alignment.sequences import (
    answer_means,
    check_finite,
    check_positive,
    check_tokens,
    masked_mean,
    spread,
)

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


def test_an_advantage_reaches_every_token():
    assert spread(torch.tensor([1.0, 2.0]), MASK).tolist() == [[1, 1, 1], [2, 2, 2]]
    table = torch.rand(2, 3)
    assert spread(table, MASK) is table


@pytest.mark.parametrize("mask", [MASK.int(), MASK[0], MASK & MASK.roll(1, 0) & False])
def test_a_broken_mask_is_refused(mask):
    with pytest.raises(ValueError, match="La máscara debe ser booleana"):
        check_tokens(mask)


def test_tables_must_fit_and_be_finite():
    with pytest.raises(ValueError, match=r"una tabla \(2, 2\) y la máscara es \(2, 3\)"):
        check_tokens(MASK, torch.zeros(2, 2))
    with pytest.raises(ValueError, match="no es un número finito"):
        check_tokens(MASK, torch.full((2, 3), NAN))
    check_tokens(MASK, torch.zeros(2, 3).masked_fill(~MASK, NAN))


def test_the_first_bad_value_is_named():
    with pytest.raises(ValueError, match=r"Las recompensas: el valor de la posición \[1, 0\]"):
        check_finite("Las recompensas", torch.tensor([[1.0, 2.0], [NAN, torch.inf]]))


@pytest.mark.parametrize("value", [0, -1, NAN, float("inf")])
def test_what_must_be_positive(value):
    with pytest.raises(ValueError, match="`beta` debe ser positivo"):
        check_positive("beta", value)
