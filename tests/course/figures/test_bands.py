"""Las curvas de varias repeticiones: su media y su intervalo."""

import pytest
import torch

from siguiente.course.figures.bands import band_panels
from siguiente.evaluation.intervals import mean_interval

PATHS = torch.tensor([[0.0, 1.0, 5.0], [0.0, 3.0, 6.0], [0.0, 2.0, 10.0]])


def test_the_line_is_the_mean_and_the_band_its_interval():
    (ax,) = band_panels({"Puntos": {"uno": PATHS}}, [0, 8, 16])
    assert list(ax.get_lines()[0].get_ydata()) == [0.0, 2.0, 7.0]
    corners = ax.collections[0].get_paths()[0].vertices
    _, low, high = mean_interval(PATHS[:, 2])
    at_end = corners[corners[:, 0] == 16][:, 1]
    assert (min(at_end), max(at_end)) == pytest.approx((low, high))


def test_one_row_has_no_band():
    (ax,) = band_panels({"Puntos": {"uno": PATHS[:1]}}, [0, 8, 16])
    assert not ax.collections


def test_a_group_keeps_its_color_and_the_legend_names_it_once():
    first, second = band_panels({"A": {"uno": PATHS, "dos": PATHS}, "B": {"dos": PATHS}}, [0, 8, 16])
    assert first.get_lines()[1].get_color() == second.get_lines()[0].get_color()
    (legend,) = first.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["uno", "dos"]
