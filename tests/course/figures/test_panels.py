"""Los recuadros: lo que se da es lo que se dibuja, con sus nombres y con números en español."""

from siguiente.course.figures.panels import cost_panels, interval_panels, step_panels

STEPS = {"Recompensa": {"PPO": [0.1, 0.4, 0.3], "de 5 $": [0.2, 0.5]}, "KL (nats)": {"de 5 $": [0.0, 2.5]}}
COSTS = {
    "Tiempo (s)": {"a mano": [(1, 0.5), (100, 50)], "de PyTorch": [(1, 0.25), (100, 20)]},
    "Memoria (MB)": {"a mano": [(1, 8), (100, 80)]},
}
POINTS = [(0.0, 0.0, -0.5, 0.5), (1.5, 1.0, 0.5, 1.5)]
REWARDS = {"200 parejas": {"aprendida": POINTS, "verdadera": POINTS}, "5 $": {"verdadera": POINTS}}


def test_each_line_has_a_value_per_step_and_steps_are_counted_from_one():
    first, second = step_panels(STEPS)
    assert first.get_lines()[0].get_xydata().tolist() == [[1, 0.1], [2, 0.4], [3, 0.3]]
    assert second.get_lines()[0].get_xydata().tolist() == [[1, 0.0], [2, 2.5]]


def test_a_name_looks_the_same_in_every_panel_and_unlike_the_others():
    first, second = step_panels(STEPS)
    looks = [(line.get_color(), line.get_linestyle()) for line in (*first.get_lines(), *second.get_lines())]
    assert looks[1] == looks[2]
    assert looks[0][0] != looks[1][0]
    assert looks[0][1] != looks[1][1]


def test_there_is_one_legend_with_each_name_once_and_as_it_is():
    (legend,) = step_panels(STEPS)[0].figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["PPO", r"de 5 \$"]


def test_axes_are_in_spanish():
    ax = step_panels(STEPS)[0]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Paso", "Recompensa")
    assert ax.yaxis.get_major_formatter()(0.5, 0) == "0,5"
    assert all(tick == int(tick) for tick in ax.get_xticks())
    assert step_panels(STEPS, xlabel="n")[0].get_xlabel() == "n"


def test_every_cost_is_drawn_where_it_belongs():
    first, second = cost_panels(COSTS, "Contexto (tokens)")
    assert [line.get_ydata().tolist() for line in first.get_lines()] == [[0.5, 50], [0.25, 20]]
    assert [line.get_xdata().tolist() for line in second.get_lines()] == [[1, 100]]
    assert first.get_xscale() == first.get_yscale() == "log"
    assert [text.get_text() for text in first.get_legend().get_texts()] == ["a mano", "de PyTorch"]
    assert first.xaxis.get_major_formatter()(0.5, 0) == "0,5"


def test_one_curve_needs_no_legend():
    assert cost_panels({"Tiempo (s)": {"red": [(1, 1)]}}, "Parámetros")[0].get_legend() is None


def test_each_panel_can_have_its_own_horizontal_label():
    drawn = cost_panels(COSTS, ["Parámetros", "Respuestas"])
    assert [ax.get_xlabel() for ax in drawn] == ["Parámetros", "Respuestas"]


def test_each_reward_is_a_line_with_its_band():
    one, other = interval_panels(REWARDS, "Puntos", "Paso")
    assert one.get_lines()[1].get_xydata().tolist() == [[0.0, 0.0], [1.5, 1.0]]
    assert [len(ax.collections) for ax in (one, other)] == [2, 1]
    assert (one.get_ylabel(), other.get_ylabel()) == ("Puntos", "")


def test_titles_are_literal_and_rewards_are_named():
    one, other = interval_panels(REWARDS, "Puntos", "Paso")
    assert other.get_title() == r"5 \$"
    assert [text.get_text() for text in one.get_legend().get_texts()] == ["aprendida", "verdadera"]


def test_a_fitted_curve_is_dashed_and_only_in_its_panel():
    one, other = interval_panels(REWARDS, "Puntos", "Paso", {"200 parejas": [(0, 0), (2, 3)]})
    assert one.get_lines()[-1].get_linestyle() == "--"
    assert one.get_lines()[-1].get_xydata().tolist() == [[0, 0], [2, 3]]
    assert len(other.get_lines()) == 2


def test_panels_share_both_axes_and_nothing_is_cut():
    far = [(0.0, 0.0, 0.0, 0.0), (9.0, -3.0, -5.0, 4.0)]
    one, other = interval_panels(
        {"cerca": {"verdadera": POINTS}, "lejos": {"verdadera": far}}, "Puntos", "Paso"
    )
    assert one.get_xlim() == other.get_xlim()
    assert one.get_ylim() == other.get_ylim()
    assert one.get_ylim()[0] <= -5
    assert one.get_ylim()[1] >= 4
    assert one.get_xlim()[1] >= 9
