"""Las cuadrículas: cada número en su casilla, con sus dos nombres, y legible sobre su color."""

import matplotlib.colors
import pytest

from siguiente.course.figures.heatmaps import attention_heatmap, confusion_heatmap, readable_on

MATRIX = [[12345, 20, 0], [1, 900, 30], [4, 0, 7000]]
LABELS = ["supermercados", "automóviles", "banca"]


def test_every_cell_says_its_count_where_it_is_drawn():
    ax = confusion_heatmap(MATRIX, LABELS)
    written = {
        text.get_position(): text.get_text().replace("\N{NARROW NO-BREAK SPACE}", " ") for text in ax.texts
    }
    assert written[0, 0] == "12 345"
    assert written[1, 0] == "20"  # x es la columna, lo predicho; y es la fila, la verdad
    assert written[2, 1] == "30"
    assert len(written) == 9
    assert ax.images[0].get_array().tolist() == MATRIX


def test_axes_name_the_classes_and_the_truth_reads_downwards():
    ax = confusion_heatmap(MATRIX, LABELS)
    assert [label.get_text() for label in ax.get_xticklabels()] == LABELS
    assert [label.get_text() for label in ax.get_yticklabels()] == LABELS
    assert all(label.get_rotation() > 0 for label in ax.get_xticklabels())
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Predicción", "Verdad")
    assert ax.get_ylim()[0] > ax.get_ylim()[1]


def luminance(color):
    red, green, blue, *_ = matplotlib.colors.to_rgb(color)
    return sum(
        weight * (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4)
        for weight, c in ((0.2126, red), (0.7152, green), (0.0722, blue))
    )


@pytest.mark.parametrize("cases", range(0, 101, 5))
def test_text_contrasts_with_any_cell(cases):
    """4,5 a 1: lo que piden las pautas de accesibilidad para un texto de este tamaño."""
    ax = confusion_heatmap([[100, cases], [0, 0]], ["sí", "no"])
    background = ax.images[0].to_rgba(cases)
    dark, light = sorted([luminance(ax.texts[1].get_color()), luminance(background[:3])])
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_readable_on_changes_where_black_and_white_contrast_the_same():
    assert readable_on((0.45, 0.45, 0.45)) == "white"
    assert readable_on((0.47, 0.47, 0.47)) == "black"


def test_a_matrix_without_cases_is_drawn():
    assert confusion_heatmap([[0]], ["sí"]).texts[0].get_text() == "0"


def test_every_weight_is_in_its_place():
    ax = attention_heatmap([[0.7, 0.3, 0.0], [0.02, 0.08, 0.9]], ["uno", "dos"], ["a", "b", "$c$"])
    assert ax.images[0].get_array().tolist() == [[0.7, 0.3, 0.0], [0.02, 0.08, 0.9]]
    written = {text.get_position(): text.get_text() for text in ax.texts}
    assert written == {(0, 0): "0,7", (1, 0): "0,3", (1, 1): "0,1", (2, 1): "0,9"}
    assert [label.get_text() for label in ax.get_yticklabels()] == ["uno", "dos"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b", r"\$c\$"]
