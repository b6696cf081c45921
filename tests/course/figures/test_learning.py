import matplotlib.figure
import pytest

from siguiente.course.figures.learning import learning_curves

GRU = [(0, 9.0), (1e4, 2.0), (1e5, 1.5)]


@pytest.fixture
def ax():
    return matplotlib.figure.Figure().subplots()


def test_each_curve_draws_its_points_but_not_the_one_that_read_nothing(ax):
    learning_curves({"GRU": GRU}, ax=ax)
    (line,) = ax.get_lines()
    assert line.get_xydata().tolist() == [[1e4, 2.0], [1e5, 1.5]]
    assert ax.get_xscale() == "log"


def test_curves_differ_in_shape_and_colour_and_are_named(ax):
    learning_curves({"GRU": GRU, "de 5 $ a 10 $": GRU}, ax=ax)
    one, two = ax.get_lines()
    assert (one.get_marker(), one.get_color()) != (two.get_marker(), two.get_color())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["GRU", r"de 5 \$ a 10 \$"]


def test_the_floor_is_a_dashed_line_that_is_named(ax):
    learning_curves({"GRU": GRU}, floor=1.25, ax=ax)
    line = ax.get_lines()[-1]
    assert list(line.get_ydata()) == [1.25, 1.25]
    assert line.get_linestyle() == "--"
    assert "entropía" in ax.get_legend().get_texts()[-1].get_text()


def test_labels_are_in_spanish_with_their_units(ax):
    learning_curves({"GRU": GRU}, ax=ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == (
        "Tokens leídos al entrenar",
        "Bits por byte en textos apartados",
    )
    assert ax.yaxis.get_major_formatter()(1.5, 0) == "1,5"


@pytest.mark.parametrize(
    ("curves", "said"),
    [
        ({}, "No hay curvas"),
        ({"GRU": []}, "ningún punto"),
        ({"GRU": [(0, 1.0)]}, "ningún punto"),
        ({"GRU": [(1, float("nan"))]}, "finitos"),
        ({"GRU": [(-1, 1.0)]}, "finitos"),
        ({"GRU": [(2, 1.0), (1, 1.0)]}, "de menos a más"),
    ],
)
def test_curves_that_cannot_be_drawn_are_refused(ax, curves, said):
    with pytest.raises(ValueError, match=said):
        learning_curves(curves, ax=ax)
