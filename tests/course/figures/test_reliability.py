import pytest

from siguiente.course.figures.reliability import reliability_diagram

ROWS = [(0.25, 0.5, 10), (0.75, 0.6, 40)]


def test_each_bin_is_a_point_in_percent_whose_area_counts_its_cases():
    ax = reliability_diagram({"modelo": ROWS})
    (points,) = ax.collections
    assert points.get_offsets().tolist() == [[25, 50], [75, 60]]
    few, many = points.get_sizes()
    assert many == pytest.approx(4 * few)


def test_areas_compare_groups_and_an_almost_empty_bin_still_shows():
    ax = reliability_diagram({"a": [(0.5, 0.5, 1000)], "b": [(0.5, 0.4, 500), (0.9, 0.9, 1)]})
    (whole,), (half, least) = [points.get_sizes() for points in ax.collections]
    assert whole == pytest.approx(2 * half)
    assert least > whole / 1000


def test_the_diagonal_is_dashed_and_named():
    ax = reliability_diagram({"modelo": ROWS})
    diagonal = ax.get_lines()[0]
    assert diagonal.get_xydata().tolist() == [[0, 0], [100, 100]]
    assert diagonal.get_linestyle() == "--"
    assert diagonal.get_label() == "calibración perfecta"


def test_both_axes_go_from_0_to_100_at_the_same_scale():
    ax = reliability_diagram({"modelo": ROWS})
    assert ax.get_xlim() == ax.get_ylim() == (0, 100)
    assert ax.get_aspect() == 1
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Confianza (%)", "Exactitud (%)")


def test_groups_differ_in_shape_and_the_legend_says_what_the_area_is():
    ax = reliability_diagram({"antes": ROWS, "después": ROWS})
    first, second = ax.get_lines()[1:]
    assert first.get_marker() != second.get_marker()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "calibración perfecta",
        "antes",
        "después",
    ]
    assert "(en la mayor, 40)" in ax.get_legend().get_title().get_text()
