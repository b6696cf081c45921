import pytest
from hypothesis import given
from hypothesis import strategies as st

from siguiente.plots.numbers import THIN_SPACE, interval, number, percent


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0, 0, "0"),
        (1234.5, 1, "1234,5"),
        (12345.6, 1, f"12{THIN_SPACE}345,6"),
        (-1234567, 0, f"−1{THIN_SPACE}234{THIN_SPACE}567"),
        (-0.001, 2, "0,00"),
        (float("nan"), 2, "sin dato"),
    ],
)
def test_spanish_numbers(value, digits, text):
    assert number(value, digits) == text


@given(value=st.floats(-1e12, 1e12), digits=st.integers(0, 6))
def test_reads_back_as_the_rounded_value(value, digits):
    text = number(value, digits).replace(THIN_SPACE, "").replace("−", "-").replace(",", ".")
    assert float(text) == float(f"{value:.{digits}f}")


def test_percentages_and_intervals():
    assert percent(0.5) == f"50{THIN_SPACE}%"
    assert interval(-1, 1, 1) == "[−1,0; 1,0]"
