"""Autómatas: un círculo por estado y una flecha por cada manera de pasar de uno a otro."""

from collections.abc import Collection, Mapping

from matplotlib.axes import Axes

from siguiente.course.figures.style import COLORS, literal, new_axes


def automaton_diagram(edges: Mapping[tuple[int, int], str], final: Collection[int]) -> Axes:
    """Dibuja un autómata pequeño, de izquierda a derecha según los pasos que hay desde el comienzo.

    Por pareja de estados, `edges` da lo que lleva del primero al segundo; los finales llevan doble círculo.

    >>> drawn = automaton_diagram({(1, 2): "a", (2, 2): "b"}, {2})
    >>> written = [text.get_text() for text in drawn.texts]
    >>> list(filter(None, written))
    ['1', '2', 'a', 'b ↺']
    """
    ax = new_axes(height=2.6)
    places = layout(edges)
    for state, (x, y) in places.items():
        ax.text(x, y, str(state), ha="center", va="center", zorder=3)
        for size in (26, 20)[: 1 + (state in final)]:
            ax.plot(x, y, "o", markersize=size, markerfacecolor="none", color=COLORS[0])
    for (source, goal), label in edges.items():
        (x, y), (u, v) = places[source], places[goal]
        if source == goal:
            ax.text(x, y + 0.32, f"{literal(label)} ↺", ha="center", color=COLORS[1])
            continue
        arrow = {"arrowstyle": "->", "shrinkA": 15, "shrinkB": 15}
        ax.annotate("", (u, v), (x, y), arrowprops=arrow)
        middle = (x + 0.45 * (u - x), y + 0.45 * (v - y) + 0.06)
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        ax.text(*middle, literal(label), ha="center", va="center", color=COLORS[1], bbox=box)
    ax.set_axis_off()
    ax.margins(0.12, 0.35)
    return ax


def layout(edges: Mapping[tuple[int, int], str], start: int = 1) -> dict[int, tuple[float, float]]:
    """El lugar de cada estado: por columnas, según los pasos desde el inicial.

    >>> layout({(1, 2): "a", (1, 3): "b", (2, 3): "c"})
    {1: (0.0, 0.0), 2: (1.0, 0.5), 3: (1.0, -0.5)}
    """
    columns = [[start]]
    seen = {start}
    while columns[-1]:
        goals = [goal for state in columns[-1] for source, goal in edges if source == state]
        columns.append([goal for goal in dict.fromkeys(goals) if goal not in seen])
        seen.update(goals)
    return {
        state: (float(x), (len(column) - 1) / 2 - row)
        for x, column in enumerate(columns)
        for row, state in enumerate(column)
    }
