import pytest

from siguiente.course.figures.automaton import automaton_diagram, layout


def test_every_state_has_its_own_place():
    edges = {(1, 2): "s", (1, 3): "n", (2, 4): "i", (3, 4): "o", (2, 5): "C3", (5, 4): "AD"}
    places = layout(edges)
    assert sorted(places) == [1, 2, 3, 4, 5]
    assert len(set(places.values())) == 5
    assert places[1][0] < places[2][0] == places[3][0] < places[4][0] == places[5][0]


@pytest.mark.parametrize(("final", "circles"), [([], 2), ([2], 3), ([1, 2], 4)])
def test_a_final_state_has_two_circles(final, circles):
    assert len(automaton_diagram({(1, 2): "a"}, final).lines) == circles


def test_dollars_are_drawn_as_they_are():
    automaton_diagram({(1, 2): "$x$"}, [2]).figure.canvas.draw()
