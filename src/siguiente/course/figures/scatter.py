"""Nubes de puntos: dos medidas de cada caso."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from siguiente.course.figures.style import REFERENCE, legend_above, new_axes, spanish_axis, styled


def point_clouds(
    groups: Mapping[str, Sequence[tuple[float, float]]],
    xlabel: str,
    ylabel: str,
    corner: tuple[float, float] | None = None,
) -> Axes:
    """Dibuja los puntos (x, y) de cada grupo, con su color y su forma.

    De la esquina parten una línea horizontal y una vertical; a su derecha y por debajo, el fondo es gris.

    >>> ax = point_clouds({"A": [(1.0, -0.5)], "B": [(2.0, 0.5)]}, "Recompensa", "Puntos", corner=(0, -0.3))
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['A', 'B']
    """
    ax = new_axes(height=3.8, grid="both")
    for name, points, color, marker in styled(groups):
        x, y = zip(*points, strict=True)
        ax.plot(x, y, marker, color=color, markersize=5, label=name)
    if corner is not None:
        left, top = corner
        right, bottom = max(left, ax.get_xlim()[1]), min(top, ax.get_ylim()[0])
        ax.axvline(left, **REFERENCE)
        ax.axhline(top, **REFERENCE)
        ax.fill_between([left, right], bottom, top, color="0.5", alpha=0.15, linewidth=0)
        ax.set(xlim=(None, right), ylim=(bottom, None))
    ax.set(xlabel=xlabel, ylabel=ylabel)
    spanish_axis(ax.xaxis, ax.yaxis)
    if len(groups) > 1:
        legend_above(ax)
    return ax
