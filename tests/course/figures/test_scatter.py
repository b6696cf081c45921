"""Las nubes de puntos dibujan cada caso y sombrean la esquina que se les dice."""

import pytest

from siguiente.course.figures.scatter import point_clouds

GROUPS = {"A": [(1.0, -0.5), (2.0, 0.5)], "B": [(0.5, 0.25)]}


def test_every_case_is_a_point_of_its_group():
    ax = point_clouds(GROUPS, "x", "y")
    assert [line.get_xydata().tolist() for line in ax.get_lines()] == [[[1, -0.5], [2, 0.5]], [[0.5, 0.25]]]
    assert len({line.get_marker() for line in ax.get_lines()}) == 2
    assert (ax.get_xlabel(), ax.yaxis.get_major_formatter()(0.5, 0)) == ("x", "0,5")


@pytest.mark.parametrize("corner", [(0, -0.25), (9, -9)])
def test_the_corner_is_shaded_to_the_right_and_below(corner):
    ax = point_clouds(GROUPS, "x", "y", corner)
    (shade,) = ax.collections
    x, y = shade.get_paths()[0].vertices.T
    assert (x.min(), y.max()) == corner
    assert (x.max(), y.min()) == pytest.approx((ax.get_xlim()[1], ax.get_ylim()[0]))
