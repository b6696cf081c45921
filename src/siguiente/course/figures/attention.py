"""Pesos de atención: a qué mira cada token, en una cuadrícula."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from siguiente.course.figures.style import literal, new_axes
from siguiente.course.report.numbers import number


def attention_heatmap(
    weights: Sequence[Sequence[float]], looking: Sequence[str], seen: Sequence[str]
) -> Axes:
    """Dibuja los pesos de una atención, (T, S), más oscuros cuanto mayores; a partir de 0,05, van escritos.

    En cada fila está lo que uno de los T tokens que miran, de arriba abajo, mira a los S mirados.

    Examples
    --------
    >>> ax = attention_heatmap([[0.9, 0.1], [0.0, 1.0]], ["a", "b"], ["el", "gato"])
    >>> [text.get_text() for text in ax.texts]
    ['0,9', '0,1', '1,0']
    """
    grid = [[float(weight) for weight in row] for row in weights]
    ax = new_axes(height=1.4 + 0.36 * len(looking))
    ax.grid(visible=False)
    ax.imshow(grid, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row, line in enumerate(grid):
        for column, weight in enumerate(line):
            if weight >= 0.05:
                color = "white" if weight > 0.6 else "black"
                ax.text(column, row, number(weight, 1), color=color, ha="center", va="center")
    ax.set_xticks(range(len(seen)), [literal(token) for token in seen])
    ax.set_yticks(range(len(looking)), [literal(token) for token in looking])
    ax.tick_params(length=0)
    ax.set(xlabel="A qué mira", ylabel="Quién mira")
    return ax
