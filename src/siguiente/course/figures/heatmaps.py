"""Cuadrículas con números: los pesos de una atención y las matrices de confusión."""

from collections.abc import Sequence

from matplotlib import colormaps
from matplotlib.axes import Axes

from siguiente.course.figures.style import literal, new_axes
from siguiente.course.report.numbers import number


def attention_heatmap(
    weights: Sequence[Sequence[float]], looking: Sequence[str], seen: Sequence[str]
) -> Axes:
    """Dibuja los pesos de una atención, (T, S), más oscuros cuanto mayores; a partir de 0,05, van escritos.

    En cada fila está lo que uno de los T tokens que miran, de arriba abajo, mira a los S mirados.

    >>> ax = attention_heatmap([[0.9, 0.1], [0.0, 1.0]], ["a", "b"], ["el", "gato"])
    >>> [text.get_text() for text in ax.texts]
    ['0,9', '0,1', '1,0']
    """
    grid = [[float(weight) for weight in row] for row in weights]
    ax = heatmap(grid, looking, largest=1, height=1.4 + 0.36 * len(looking))
    for row, line in enumerate(grid):
        for column, weight in enumerate(line):
            if weight >= 0.05:
                color = "white" if weight > 0.6 else "black"
                ax.text(column, row, number(weight, 1), color=color, ha="center", va="center")
    ax.set_xticks(range(len(seen)), [literal(token) for token in seen])
    ax.set(xlabel="A qué mira", ylabel="Quién mira")
    return ax


def confusion_heatmap(matrix: Sequence[Sequence[int]], labels: Sequence[str]) -> Axes:
    """Dibuja una matriz de confusión, (C, C), con los casos en cada casilla, más oscura cuantos más.

    En cada fila están los de una clase verdadera; en cada columna, los de una predicha; y en la diagonal,
    los aciertos.

    >>> confusion_heatmap([[8, 2], [1, 9]], ["comida", "banca"]).texts[0].get_text()
    '8'
    """
    counts = [[int(cases) for cases in row] for row in matrix]
    largest = max(1, *(max(row) for row in counts))
    ax = heatmap(counts, labels, largest, height=1.6 + 0.42 * len(labels))
    for row, line in enumerate(counts):
        for column, cases in enumerate(line):
            color = readable_on(colormaps["Blues"](cases / largest))
            ax.text(column, row, number(cases), color=color, ha="center", va="center")
    names = [literal(label) for label in labels]
    ax.set_xticks(range(len(names)), names, rotation=35, ha="right", rotation_mode="anchor")
    ax.set(xlabel="Predicción", ylabel="Verdad")
    return ax


def heatmap(grid: Sequence[Sequence[float]], rows: Sequence[str], largest: float, height: float) -> Axes:
    """Una cuadrícula, de blanco en el 0 al azul más oscuro en el mayor, con un nombre por fila."""
    ax = new_axes(height)
    ax.grid(visible=False)
    ax.imshow(grid, cmap="Blues", vmin=0, vmax=largest, aspect="auto")
    ax.set_yticks(range(len(rows)), [literal(name) for name in rows])
    ax.tick_params(length=0)
    return ax


def readable_on(background: Sequence[float]) -> str:
    """Negro o blanco: el que más contrasta con un color de fondo (rojo, verde, azul, de 0 a 1)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in background[:3]]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "black" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "white"
