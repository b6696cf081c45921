"""Diagrama de fiabilidad: lo que un modelo dice que acertará y lo que acierta."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from siguiente.course.figures.style import REFERENCE, new_axes, spanish_axis, styled
from siguiente.course.report.numbers import number

# Áreas de las marcas, en puntos al cuadrado: la del tramo con más casos y la menor que aún se ve.
LARGEST, SMALLEST = 260.0, 24.0


def reliability_diagram(groups: Mapping[str, Sequence[tuple[float, float, int]]]) -> Axes:
    """Dibuja, por grupo, la exactitud de cada tramo frente a su confianza, las dos entre 0 y 1.

    Los tramos son los de :func:`~siguiente.evaluation.classification.confidence_bins`; el área de cada marca
    es proporcional a sus casos, salvo en los tramos casi vacíos, donde no se vería. Bajo la diagonal, el
    modelo acierta menos de lo que dice.

    >>> reliability_diagram({"modelo": [(0.6, 0.5, 20), (0.9, 0.7, 80)]}).get_xlabel()
    'Confianza (%)'
    """
    largest = max(cases for rows in groups.values() for _, _, cases in rows)
    ax = new_axes(height=4.4, grid="both")
    ax.plot([0, 100], [0, 100], label="calibración perfecta", **REFERENCE)
    for name, rows, color, marker in styled(groups):
        x, y = [100 * confidence for confidence, _, _ in rows], [100 * accuracy for _, accuracy, _ in rows]
        areas = [max(SMALLEST, LARGEST * cases / largest) for _, _, cases in rows]
        # La línea enseña su marca solo en la leyenda; los puntos, con su área, los dibuja `scatter`.
        ax.plot(x, y, f"{marker}-", color=color, label=name, markersize=7, markevery=[])
        ax.scatter(x, y, areas, color, marker=marker, alpha=0.8, edgecolors="white", clip_on=False, zorder=3)
    ax.set(xlim=(0, 100), ylim=(0, 100), xlabel="Confianza (%)", ylabel="Exactitud (%)")
    ax.set_aspect("equal")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_ticks(range(0, 101, 20))
    spanish_axis(ax.xaxis, ax.yaxis)
    title = f"Área de la marca: casos\n(en la mayor, {number(largest)})"
    ax.legend(loc="center left", bbox_to_anchor=(1.03, 0.5), frameon=False, title=title, alignment="left")
    return ax
