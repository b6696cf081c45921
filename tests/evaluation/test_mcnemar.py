import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2

from siguiente.evaluation.classification import mcnemar


def hits(both, only_a, only_b, neither):
    """Los aciertos de dos clasificadores a partir de las cuatro casillas de su tabla."""
    a = [1] * both + [1] * only_a + [0] * only_b + [0] * neither
    b = [1] * both + [0] * only_a + [1] * only_b + [0] * neither
    return torch.tensor(a), torch.tensor(b)


def test_a_small_case_by_hand():
    """Una moneda sale cara 1 vez de 6, o más raro: 2 · (1 + 6) / 64."""
    assert mcnemar(*hits(10, 1, 5, 4)) == (1, 5, 14 / 64)


@given(only_a=st.integers(0, 400), only_b=st.integers(0, 400))
def test_it_is_the_exact_binomial_test(only_a, only_b):
    result = mcnemar(*hits(3, only_a, only_b, 2))
    expected = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    assert (result.only_a, result.only_b) == (only_a, only_b)
    assert result.p_value <= 1
    assert result.p_value == pytest.approx(expected, rel=1e-9)


def test_thousands_of_cases_approach_the_original_chi_square():
    """¿Aprueba usted al presidente? Las mismas 1600 personas, con un mes de diferencia (Agresti, 1990)."""
    result = mcnemar(*hits(794, 150, 86, 570))
    statistic = (150 - 86) ** 2 / (150 + 86)
    assert statistic == pytest.approx(17.36, abs=0.01)
    assert result.p_value == pytest.approx(chi2.sf(statistic, 1), rel=0.3)
    assert mcnemar(*hits(0, 2600, 2400, 0)).p_value == pytest.approx(binomtest(2600, 5000).pvalue, rel=1e-9)


def test_cases_on_which_both_agree_change_nothing_and_neither_does_the_order():
    a, b = hits(0, 2, 9, 0)
    more_a, more_b = hits(500, 2, 9, 300)
    assert mcnemar(more_a, more_b) == mcnemar(a, b)
    assert mcnemar(b, a) == (9, 2, mcnemar(a, b).p_value)


def test_without_disagreement_there_is_nothing_to_explain():
    assert mcnemar(*hits(5, 0, 0, 5)) == (0, 0, 1.0)
    assert mcnemar(*hits(0, 4, 4, 0)).p_value == 1.0


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.float32])
def test_any_kind_of_zeros_and_ones_is_the_same(dtype):
    a, b = hits(2, 1, 5, 1)
    assert mcnemar(a.to(dtype), b.to(dtype)) == mcnemar(a, b)


def test_hits_of_other_cases_are_refused():
    with pytest.raises(ValueError, match="de los mismos casos"):
        mcnemar(torch.tensor([1, 0]), torch.tensor([1]))
