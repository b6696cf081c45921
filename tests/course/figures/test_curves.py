import matplotlib.figure
import pytest

from siguiente.course.figures.curves import estimate_curves

FIRST = [(0.2, 0.1, 0.4), (0.5, 0.45, 0.6)]
SECOND = [(0.3, 0.2, 0.4), (0.6, 0.5, 0.7)]


@pytest.fixture
def ax():
    return matplotlib.figure.Figure().subplots()


def test_each_estimate_draws_its_value_and_its_interval(ax):
    estimate_curves([0, 28], {"modelo": FIRST}, "k", "Exactitud", ax)
    assert ax.get_lines()[0].get_xydata().ravel().tolist() == pytest.approx([0, 0.2, 1, 0.5])
    (segments,) = [bars.get_segments() for bars in ax.collections]
    assert segments[0][:, 1].tolist() == pytest.approx([0.1, 0.4])
    assert segments[1][:, 1].tolist() == pytest.approx([0.45, 0.6])


def test_values_are_equally_spaced_and_keep_their_numbers(ax):
    estimate_curves([0, 0.5, 14, 28], {"modelo": FIRST * 2}, "k", "Exactitud", ax)
    assert ax.get_xticks().tolist() == [0, 1, 2, 3]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "0,5", "14", "28"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("k", "Exactitud")
    assert ax.yaxis.get_major_formatter()(0.25, 0) == "0,25"


@pytest.mark.parametrize("count", [2, 3, 7])
def test_groups_stand_side_by_side_within_their_place(ax, count):
    estimate_curves([0, 7], {str(i): FIRST for i in range(count)}, "k", "Exactitud", ax)
    places = [container.lines[0].get_xdata()[0] for container in ax.containers]
    assert places == sorted(set(places))
    assert sum(places) == pytest.approx(0)
    assert max(places) < 0.3


def test_groups_differ_in_shape_and_are_named_only_if_there_are_several(ax):
    estimate_curves([0, 7], {"uno": FIRST}, "k", "Exactitud", ax)
    assert ax.get_legend() is None
    estimate_curves([0, 7], {"uno": FIRST, "dos": SECOND}, "k", "Exactitud", ax)
    one, two = [container.lines[0].get_marker() for container in ax.containers[1:]]
    assert one != two
    assert [text.get_text() for text in ax.get_legend().get_texts()][-2:] == ["uno", "dos"]


def test_the_reference_is_a_dashed_horizontal_line(ax):
    estimate_curves([0, 7], {"uno": FIRST}, "k", "Exactitud", ax, reference=1 / 7)
    line = ax.get_lines()[0]
    assert list(line.get_ydata()) == pytest.approx([1 / 7, 1 / 7])
    assert line.get_linestyle() == "--"


def test_a_group_of_other_length_is_refused(ax):
    with pytest.raises(ValueError, match="2 estimaciones y hay 3"):
        estimate_curves([0, 7, 14], {"uno": FIRST}, "k", "Exactitud", ax)
