"""Diagrama de fiabilidad: lo que un modelo dice que acertará y lo que acierta."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from siguiente.course.figures.style import group_style, literal, new_axes, spanish_axis
from siguiente.course.report.numbers import number

# Áreas de las marcas, en puntos al cuadrado: la del tramo con más casos y la menor que aún se ve.
LARGEST, SMALLEST = 260.0, 24.0


def reliability_diagram(
    groups: dict[str, Sequence[tuple[float, float, int]]], ax: Axes | None = None
) -> Axes:
    """Dibuja, por grupo, la exactitud de cada tramo frente a su confianza, las dos entre 0 y 1.

    Los tramos son los de :func:`~siguiente.evaluation.classification.confidence_bins`; el área de cada marca
    es proporcional a sus casos, salvo en los tramos casi vacíos, donde no se vería. Bajo la diagonal, el
    modelo acierta menos de lo que dice.

    Examples
    --------
    >>> import matplotlib.figure
    >>> ax = matplotlib.figure.Figure().subplots()
    >>> reliability_diagram({"modelo": [(0.6, 0.5, 20), (0.9, 0.7, 80)]}, ax).get_xlabel()
    'Confianza (%)'
    """
    largest = max((cases for rows in groups.values() for _, _, cases in rows), default=0)
    if largest < 1:
        raise ValueError("No hay ningún tramo con casos que dibujar.")
    ax = new_axes(ax, height=4.4, grid="both")
    ax.plot([0, 100], [0, 100], "--", color="0.4", linewidth=1, label="calibración perfecta")
    for index, (name, rows) in enumerate(groups.items()):
        x, y = [100 * confidence for confidence, _, _ in rows], [100 * accuracy for _, accuracy, _ in rows]
        color, marker = group_style(index)
        areas = [max(SMALLEST, LARGEST * cases / largest) for _, _, cases in rows]
        # La línea enseña su marca solo en la leyenda; los puntos, con su área, los dibuja `scatter`.
        ax.plot(x, y, f"{marker}-", color=color, label=literal(name), markersize=7, markevery=[])
        ax.scatter(x, y, areas, color, marker=marker, alpha=0.8, edgecolors="white", clip_on=False, zorder=3)
    _square(ax)
    title = f"Área de la marca: casos\n(en la mayor, {number(largest)})"
    ax.legend(loc="center left", bbox_to_anchor=(1.03, 0.5), frameon=False, title=title, alignment="left")
    return ax


def _square(ax: Axes) -> None:
    """Ejes iguales, de 0 a 100, con sus rótulos."""
    ax.set(xlim=(0, 100), ylim=(0, 100), xlabel="Confianza (%)", ylabel="Exactitud (%)")
    ax.set_aspect("equal")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_ticks(range(0, 101, 20))
        spanish_axis(axis)
