"""Distancias: cómo cambian unas recompensas al alejarse la política del modelo de partida."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from siguiente.course.figures.costs import new_row
from siguiente.course.figures.style import group_style, literal, new_axes, spanish_axis

XLABEL = "√KL (√nat)"


def distance_panels(
    panels: Mapping[str, Mapping[str, Sequence[tuple[float, float, float, float]]]],
    ylabel: str,
    curves: Mapping[str, Sequence[tuple[float, float]]] | None = None,
    axes: Sequence[Axes] | None = None,
) -> Sequence[Axes]:
    """Dibuja, en un recuadro por política, sus recompensas según la distancia, con su intervalo.

    Cada punto es (distancia, valor, mínimo, máximo). Los recuadros comparten los ejes, y la curva ajustada de
    cada uno, si la hay, va a trazos.

    Examples
    --------
    >>> import matplotlib.figure
    >>> axes = [matplotlib.figure.Figure().subplots()]
    >>> panels = {"200 parejas": {"verdadera": [(0, 0, -1, 1), (2, 1, 0, 2)]}}
    >>> distance_panels(panels, "Puntos ganados", axes=axes)[0].get_title()
    '200 parejas'
    """
    axes = new_row(len(panels)) if axes is None else axes
    for ax, (title, rewards) in zip(axes, panels.items(), strict=True):
        new_axes(ax, grid="both")
        if ax is not axes[0]:
            ax.sharex(axes[0])
            ax.sharey(axes[0])
        ax.axhline(0, color="0.4", linewidth=1)
        for index, (name, points) in enumerate(rewards.items()):
            x, values, lows, highs = zip(*points, strict=True)
            color, marker = group_style(index)
            ax.plot(x, values, f"{marker}-", color=color, markersize=4, label=literal(name))
            ax.fill_between(x, lows, highs, color=color, alpha=0.2, linewidth=0)
        if curves and title in curves:
            ax.plot(*zip(*curves[title], strict=True), color="0.2", linestyle="--", label="curva ajustada")
        ax.set(title=literal(title), xlabel=XLABEL, ylabel=ylabel if ax is axes[0] else "")
        spanish_axis(ax.xaxis)
        spanish_axis(ax.yaxis)
    axes[0].legend(frameon=False, fontsize="small")
    return axes
