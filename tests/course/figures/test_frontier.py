"""La frontera dibuja raíces de divergencias con los dos intervalos."""

import matplotlib.figure
import pytest

from siguiente.course.figures.frontier import reward_by_divergence

POINT = ((4.0, 1.0, 9.0), (9.5, 9.25, 10.0))


@pytest.fixture
def ax():
    return matplotlib.figure.Figure().subplots()


def test_each_policy_has_its_root_and_both_intervals(ax):
    reward_by_divergence({"PPO": [POINT]}, ax=ax)
    (container,) = ax.containers
    assert container.lines[0].get_xydata().tolist() == [[2.0, 9.5]]
    across, up = (bars.get_segments()[0] for bars in container.lines[2])
    assert across[:, 0].tolist() == [1.0, 3.0]
    assert up[:, 1].tolist() == [9.25, 10.0]


def test_noise_below_zero_stops_at_zero(ax):
    reward_by_divergence({"PPO": [((0.25, -0.5, 1.0), (1.0, 1.0, 1.0))]}, ax=ax)
    assert ax.containers[0].lines[2][0].get_segments()[0][:, 0].tolist() == [0.0, 1.0]


def test_methods_differ_in_shape_and_the_start_is_a_dashed_line(ax):
    reward_by_divergence({"PPO": [POINT, POINT], "DPO": [POINT]}, reference=9.0, ax=ax)
    one, two = [container.lines[0].get_marker() for container in ax.containers]
    assert one != two
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["PPO", "DPO"]
    assert list(ax.get_lines()[0].get_ydata()) == [9.0, 9.0]
    assert ax.get_ylabel() == "Recompensa verdadera (puntos)"
    assert ax.xaxis.get_major_formatter()(2.5, 0) == "2,5"


def test_what_cannot_be_drawn_is_refused(ax):
    with pytest.raises(ValueError, match="No hay políticas"):
        reward_by_divergence({"PPO": []}, ax=ax)
    with pytest.raises(ValueError, match="no puede ser negativa"):
        reward_by_divergence({"PPO": [((-1.0, -2.0, 1.0), POINT[1])]}, ax=ax)
