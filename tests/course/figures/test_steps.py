import matplotlib.pyplot as plt
import pytest

from siguiente.course.figures.steps import step_panels

PANELS = {"Recompensa": {"PPO": [0.1, 0.4, 0.3], "de 5 $": [0.2, 0.5]}, "KL (nats)": {"de 5 $": [0.0, 2.5]}}


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def test_each_line_has_a_value_per_step_and_steps_are_counted_from_one():
    first, second = step_panels(PANELS)
    assert first.get_lines()[0].get_xydata().tolist() == [[1, 0.1], [2, 0.4], [3, 0.3]]
    assert second.get_lines()[0].get_xydata().tolist() == [[1, 0.0], [2, 2.5]]


def test_a_name_looks_the_same_in_every_panel_and_unlike_the_others():
    first, second = step_panels(PANELS)
    looks = [(line.get_color(), line.get_linestyle()) for line in (*first.get_lines(), *second.get_lines())]
    assert looks[1] == looks[2]
    assert looks[0][0] != looks[1][0]
    assert looks[0][1] != looks[1][1]


def test_there_is_one_legend_with_each_name_once_and_as_it_is():
    (legend,) = step_panels(PANELS)[0].figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["PPO", r"de 5 \$"]


def test_axes_are_in_spanish():
    ax = step_panels(PANELS)[0]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Paso", "Recompensa")
    assert ax.yaxis.get_major_formatter()(0.5, 0) == "0,5"
    assert all(tick == int(tick) for tick in ax.get_xticks())
    assert step_panels(PANELS, xlabel="n")[0].get_xlabel() == "n"


@pytest.mark.parametrize("panels", [{}, {"KL": {"PPO": []}}])
def test_nothing_to_draw_is_refused(panels):
    with pytest.raises(ValueError, match="No hay qué dibujar"):
        step_panels(panels)
