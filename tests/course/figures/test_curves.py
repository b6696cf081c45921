"""Las curvas dibujan cada valor con su intervalo, y sus ejes están en español."""

import pytest

from siguiente.course.figures.curves import estimate_curves, learning_curves, reward_by_divergence

FIRST = [(0.2, 0.1, 0.4), (0.5, 0.45, 0.6)]
SECOND = [(0.3, 0.2, 0.4), (0.6, 0.5, 0.7)]
GRU = [(0, 9.0), (1e4, 2.0), (1e5, 1.5)]
POLICY = ((4.0, 1.0, 9.0), (9.5, 9.25, 10.0))


def test_each_estimate_draws_its_value_and_its_interval():
    ax = estimate_curves([0, 28], {"modelo": FIRST}, "k", "Exactitud")
    assert ax.get_lines()[0].get_xydata().ravel().tolist() == pytest.approx([0, 0.2, 1, 0.5])
    (segments,) = [bars.get_segments() for bars in ax.collections]
    assert segments[0][:, 1].tolist() == pytest.approx([0.1, 0.4])
    assert segments[1][:, 1].tolist() == pytest.approx([0.45, 0.6])


def test_values_are_equally_spaced_and_keep_their_numbers():
    ax = estimate_curves([0, 0.5, 14, 28], {"modelo": FIRST * 2}, "k", "Exactitud")
    assert ax.get_xticks().tolist() == [0, 1, 2, 3]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "0,5", "14", "28"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("k", "Exactitud")
    assert ax.yaxis.get_major_formatter()(0.25, 0) == "0,25"


@pytest.mark.parametrize("count", [2, 3, 7])
def test_groups_stand_side_by_side_within_their_place(count):
    ax = estimate_curves([0, 7], {str(i): FIRST for i in range(count)}, "k", "Exactitud")
    places = [container.lines[0].get_xdata()[0] for container in ax.containers]
    assert places == sorted(set(places))
    assert sum(places) == pytest.approx(0)
    assert max(places) < 0.3


def test_groups_differ_in_shape_and_are_named_only_if_there_are_several():
    ax = estimate_curves([0, 7], {"uno": FIRST}, "k", "Exactitud")
    assert ax.get_legend() is None
    ax = estimate_curves([0, 7], {"uno": FIRST, "dos": SECOND}, "k", "Exactitud")
    one, two = [container.lines[0].get_marker() for container in ax.containers]
    assert one != two
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["uno", "dos"]


def test_the_reference_is_a_dashed_horizontal_line():
    ax = estimate_curves([0, 7], {"uno": FIRST}, "k", "Exactitud", reference=1 / 7)
    line = ax.get_lines()[0]
    assert list(line.get_ydata()) == pytest.approx([1 / 7, 1 / 7])
    assert line.get_linestyle() == "--"


def test_a_learning_curve_draws_its_points_but_not_the_one_that_read_nothing():
    ax = learning_curves({"GRU": GRU})
    (line,) = ax.get_lines()
    assert line.get_xydata().tolist() == [[1e4, 2.0], [1e5, 1.5]]
    assert ax.get_xscale() == "log"


def test_learning_curves_differ_in_shape_and_colour_and_are_named():
    ax = learning_curves({"GRU": GRU, "de 5 $ a 10 $": GRU})
    one, two = ax.get_lines()
    assert (one.get_marker(), one.get_color()) != (two.get_marker(), two.get_color())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["GRU", r"de 5 \$ a 10 \$"]


def test_the_floor_is_a_dashed_line_that_is_named():
    ax = learning_curves({"GRU": GRU}, floor=1.25)
    line = ax.get_lines()[-1]
    assert list(line.get_ydata()) == [1.25, 1.25]
    assert line.get_linestyle() == "--"
    assert "entropía" in ax.get_legend().get_texts()[-1].get_text()


def test_learning_labels_are_in_spanish_with_their_units():
    ax = learning_curves({"GRU": GRU})
    assert (ax.get_xlabel(), ax.get_ylabel()) == (
        "Tokens leídos al entrenar",
        "Bits por byte en textos apartados",
    )
    assert ax.yaxis.get_major_formatter()(1.5, 0) == "1,5"


def test_each_policy_has_its_root_and_both_intervals():
    ax = reward_by_divergence({"PPO": [POLICY]}, "Puntos")
    (container,) = ax.containers
    assert container.lines[0].get_xydata().tolist() == [[2.0, 9.5]]
    across, up = (bars.get_segments()[0] for bars in container.lines[2])
    assert across[:, 0].tolist() == [1.0, 3.0]
    assert up[:, 1].tolist() == [9.25, 10.0]


def test_noise_below_zero_stops_at_zero():
    ax = reward_by_divergence({"PPO": [((0.25, -0.5, 1.0), (1.0, 1.0, 1.0))]}, "Puntos")
    assert ax.containers[0].lines[2][0].get_segments()[0][:, 0].tolist() == [0.0, 1.0]


def test_methods_differ_in_shape_and_the_start_is_a_dashed_line():
    ax = reward_by_divergence({"PPO": [POLICY, POLICY], "DPO": [POLICY]}, "Puntos", reference=9.0)
    one, two = [container.lines[0].get_marker() for container in ax.containers]
    assert one != two
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["PPO", "DPO"]
    assert list(ax.get_lines()[0].get_ydata()) == [9.0, 9.0]
    assert ax.get_ylabel() == "Puntos"
    assert ax.xaxis.get_major_formatter()(2.5, 0) == "2,5"
