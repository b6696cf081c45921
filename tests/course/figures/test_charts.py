import io
from xml.etree import ElementTree

import matplotlib
import matplotlib.pyplot as plt
import pytest

from siguiente.course.figures.bars import probability_bars
from siguiente.course.figures.curves import estimate_curves
from siguiente.course.figures.estimates import estimate_rows
from siguiente.course.figures.heatmaps import confusion_heatmap
from siguiente.course.figures.reliability import reliability_diagram
from siguiente.course.figures.style import spanish_axis
from siguiente.course.report.tables import Table


def test_bars_are_as_long_as_the_probabilities_and_in_their_order():
    ax = probability_bars([" a", "$b"], [0.6, 0.3], highlight=["$b"])
    assert [patch.get_width() for patch in ax.patches] == pytest.approx([60, 30])
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    assert ax.patches[0].get_facecolor() != ax.patches[1].get_facecolor()


def test_estimates_draw_their_interval():
    ax = estimate_rows(["A", "B"], {"uno": [(0.5, 0.4, 0.8), (0.2, 0.1, 0.3)]}, "Exactitud")
    (segments,) = [c.get_segments() for c in ax.collections]
    assert segments[0][:, 0].tolist() == pytest.approx([0.4, 0.8])


def test_axes_are_written_with_a_decimal_comma():
    ax = plt.subplots()[1]
    spanish_axis(ax.xaxis)
    assert ax.xaxis.get_major_formatter()(0.25, 0) == "0,25"
    assert ax.xaxis.get_major_formatter()(10.0, 0) == "10"


def test_a_table_is_markdown_and_escapes_its_bars():
    assert Table(["a", "b"], [["x|y", "2"]])._repr_markdown_() == "| a | b |\n|---|---:|\n| x\\|y | 2 |"


TEXT = "{http://www.w3.org/2000/svg}text"
PRICE, BROKEN = "de 5 $ a 10 $", r"$\frac$"
ROW = [(0.5, 0.4, 0.6)] * 2


@pytest.mark.parametrize(
    "draw",
    [
        lambda: probability_bars([PRICE, BROKEN], [0.6, 0.3]),
        lambda: confusion_heatmap([[1, 0], [0, 1]], [PRICE, BROKEN]),
        lambda: estimate_rows([PRICE, BROKEN], {PRICE: ROW, BROKEN: ROW}, "Exactitud"),
        lambda: estimate_curves([0, 7], {PRICE: ROW, BROKEN: ROW}, "k", "Exactitud"),
        lambda: reliability_diagram({PRICE: [(0.6, 0.5, 20)], BROKEN: [(0.7, 0.5, 20)]}),
    ],
)
def test_a_dollar_in_a_name_is_not_a_formula(draw):
    """El SVG guarda cada texto como lo dibuja: una fórmula, o la barra de escapar, no lo dejaría igual."""
    ax = draw()
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        ax.figure.savefig(image := io.StringIO(), format="svg")
    texts = ["".join(text.itertext()) for text in ElementTree.fromstring(image.getvalue()).iter(TEXT)]
    assert {PRICE, BROKEN} <= set(texts)
