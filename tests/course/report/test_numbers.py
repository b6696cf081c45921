import pytest
from hypothesis import given
from hypothesis import strategies as st

from siguiente.course.report.numbers import (
    THIN_SPACE,
    interval,
    number,
    percent,
    significant,
)


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


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.003456, "0,00346"),
        (0.0009994, "9,99·10⁻⁴"),
        (0.0009999, "0,001"),
        (-0.25, "−0,25"),
        (0.9996, "1"),
        (1234.5, "1234"),
        (262144, f"262{THIN_SPACE}144"),
        (1e7, "10⁷"),
        (-1.5e7, "−1,5·10⁷"),
        (4.441e-16, "4,44·10⁻¹⁶"),
        (-1e-6, "−10⁻⁶"),
        (float("nan"), "sin dato"),
        (float("-inf"), "−∞"),
    ],
)
def test_significant_figures(value, text):
    assert significant(value) == text


@given(value=st.floats(-1e30, 1e30))
def test_three_figures_are_close_to_the_value(value):
    superscripts = {ord(sign): plain for sign, plain in zip("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789", strict=True)}
    text = significant(value).replace(THIN_SPACE, "").replace("−", "-").replace(",", ".")
    mantissa, power, exponent = text.rpartition("10") if set(text) & set("⁰¹²³⁴⁵⁶⁷⁸⁹") else (text, "", "")
    factor = float({"": "1", "-": "-1"}.get(mantissa, mantissa.rstrip("·")))
    found = factor * 10.0 ** int(exponent.translate(superscripts)) if power else factor
    assert found == pytest.approx(value, rel=0.0051, abs=1e-320)
