"""Matriz de confusión: cada casilla, con sus casos y más oscura cuantos más."""

from collections.abc import Sequence

from matplotlib import colormaps
from matplotlib.axes import Axes

from siguiente.course.figures.style import literal, new_axes
from siguiente.course.report.numbers import number


def confusion_heatmap(matrix: Sequence[Sequence[int]], labels: Sequence[str]) -> Axes:
    """Dibuja una matriz de confusión, (C, C), con los casos escritos en cada casilla.

    En cada fila están los de una clase verdadera; en cada columna, los de una predicha; y en la diagonal,
    los aciertos.

    Examples
    --------
    >>> confusion_heatmap([[8, 2], [1, 9]], ["comida", "banca"]).texts[0].get_text()
    '8'
    """
    ax = new_axes(height=1.6 + 0.42 * len(labels))
    ax.grid(visible=False)
    counts = [[int(cases) for cases in row] for row in matrix]
    largest = max(1, *(max(row) for row in counts))
    ax.imshow(counts, cmap="Blues", vmin=0, vmax=largest, aspect="auto")
    for row, line in enumerate(counts):
        for column, cases in enumerate(line):
            color = readable_on(colormaps["Blues"](cases / largest))
            ax.text(column, row, number(cases), color=color, ha="center", va="center")
    names = [literal(label) for label in labels]
    ax.set_xticks(range(len(names)), names, rotation=35, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(length=0)
    ax.set(xlabel="Predicción", ylabel="Verdad")
    return ax


def readable_on(background: Sequence[float]) -> str:
    """Negro o blanco: el que más contrasta con un color de fondo (rojo, verde, azul, de 0 a 1)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in background[:3]]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "black" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "white"
