import matplotlib.figure
import pytest

from siguiente.course.figures.distances import distance_panels

POINTS = [(0.0, 0.0, -0.5, 0.5), (1.5, 1.0, 0.5, 1.5)]
PANELS = {"200 parejas": {"aprendida": POINTS, "verdadera": POINTS}, "5 $": {"verdadera": POINTS}}


@pytest.fixture
def axes():
    return matplotlib.figure.Figure().subplots(1, 2)


def test_each_reward_is_a_line_with_its_band(axes):
    one, other = distance_panels(PANELS, "Puntos", axes=axes)
    assert one.get_lines()[1].get_xydata().tolist() == [[0.0, 0.0], [1.5, 1.0]]
    assert [len(ax.collections) for ax in (one, other)] == [2, 1]
    assert (one.get_ylabel(), other.get_ylabel()) == ("Puntos", "")


def test_titles_are_literal_and_rewards_are_named(axes):
    one, other = distance_panels(PANELS, "Puntos", axes=axes)
    assert other.get_title() == r"5 \$"
    assert [text.get_text() for text in one.get_legend().get_texts()] == ["aprendida", "verdadera"]


def test_a_fitted_curve_is_dashed_and_only_in_its_panel(axes):
    one, other = distance_panels(PANELS, "Puntos", {"200 parejas": [(0, 0), (2, 3)]}, axes)
    assert one.get_lines()[-1].get_linestyle() == "--"
    assert one.get_lines()[-1].get_xydata().tolist() == [[0, 0], [2, 3]]
    assert len(other.get_lines()) == 2


def test_panels_share_both_axes_and_nothing_is_cut(axes):
    far = [(0.0, 0.0, 0.0, 0.0), (9.0, -3.0, -5.0, 4.0)]
    one, other = distance_panels(
        {"cerca": {"verdadera": POINTS}, "lejos": {"verdadera": far}}, "Puntos", axes=axes
    )
    assert one.get_xlim() == other.get_xlim()
    assert one.get_ylim() == other.get_ylim()
    assert one.get_ylim()[0] <= -5
    assert one.get_ylim()[1] >= 4
    assert one.get_xlim()[1] >= 9


def test_without_axes_it_makes_its_own():
    import matplotlib.pyplot as plt

    assert len(distance_panels(PANELS, "Puntos")) == 2
    plt.close("all")
