"""Los recuadros de costes: lo que se da es lo que se dibuja, con números en español."""

import matplotlib.figure
import pytest

from siguiente.course.figures.costs import cost_panels

PANELS = {
    "Tiempo (s)": {"a mano": [(1, 0.5), (100, 50)], "de PyTorch": [(1, 0.25), (100, 20)]},
    "Memoria (MB)": {"a mano": [(1, 8), (100, 80)]},
}


def axes():
    return matplotlib.figure.Figure().subplots(1, 2)


def test_draws_every_curve_where_it_belongs():
    first, second = cost_panels(PANELS, "Contexto (tokens)", axes())
    assert [line.get_ydata().tolist() for line in first.get_lines()] == [[0.5, 50], [0.25, 20]]
    assert [line.get_xdata().tolist() for line in second.get_lines()] == [[1, 100]]
    assert first.get_xscale() == first.get_yscale() == "log"
    assert [text.get_text() for text in first.get_legend().get_texts()] == ["a mano", "de PyTorch"]
    assert first.xaxis.get_major_formatter()(0.5, 0) == "0,5"


def test_one_curve_needs_no_legend():
    assert cost_panels({"Tiempo (s)": {"red": [(1, 1)]}}, "Parámetros")[0].get_legend() is None


def test_what_has_no_logarithm():
    with pytest.raises(ValueError, match="'red' tiene valores que no son positivos"):
        cost_panels({"Tiempo (s)": {"red": [(1, 0)]}}, "Parámetros", axes()[:1])


def test_each_panel_can_have_its_own_horizontal_label():
    drawn = cost_panels(PANELS, ["Parámetros", "Respuestas"], axes())
    assert [ax.get_xlabel() for ax in drawn] == ["Parámetros", "Respuestas"]
