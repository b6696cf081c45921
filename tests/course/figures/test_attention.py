"""La cuadrícula de la atención: cada peso en su casilla, con sus dos nombres."""

from siguiente.course.figures.attention import attention_heatmap


def test_every_weight_is_in_its_place():
    ax = attention_heatmap([[0.7, 0.3, 0.0], [0.02, 0.08, 0.9]], ["uno", "dos"], ["a", "b", "$c$"])
    assert ax.images[0].get_array().tolist() == [[0.7, 0.3, 0.0], [0.02, 0.08, 0.9]]
    written = {text.get_position(): text.get_text() for text in ax.texts}
    assert written == {(0, 0): "0,7", (1, 0): "0,3", (1, 1): "0,1", (2, 1): "0,9"}
    assert [label.get_text() for label in ax.get_yticklabels()] == ["uno", "dos"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b", r"\$c\$"]
