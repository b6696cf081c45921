"""Costes: cómo crecen el tiempo y la memoria con el tamaño, en escalas logarítmicas."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator

from siguiente.course.figures.style import group_style, literal, new_axes, spanish_axis


def cost_panels(
    panels: Mapping[str, Mapping[str, Sequence[tuple[float, float]]]],
    xlabel: str | Sequence[str],
    axes: Sequence[Axes] | None = None,
) -> Sequence[Axes]:
    """Dibuja un coste por recuadro, con curvas de pares (cantidad, coste), en escalas logarítmicas.

    Cada recuadro se da por el rótulo de su eje vertical, y todo debe ser positivo. Una recta que sube tanto
    como avanza crece en proporción; si sube el doble, con el cuadrado.

    Examples
    --------
    >>> import matplotlib.figure
    >>> axes = matplotlib.figure.Figure().subplots(1, 2)
    >>> panels = {"Tiempo (s)": {"red": [(1, 2), (10, 20)]}, "Memoria (MB)": {"red": [(1, 5), (10, 5)]}}
    >>> [ax.get_ylabel() for ax in cost_panels(panels, "Parámetros", axes)]
    ['Tiempo (s)', 'Memoria (MB)']
    """
    axes = new_row(len(panels)) if axes is None else axes
    xlabels = [xlabel] * len(panels) if isinstance(xlabel, str) else xlabel
    for ax, below, (ylabel, curves) in zip(axes, xlabels, panels.items(), strict=True):
        for index, (name, points) in enumerate(curves.items()):
            if any(value <= 0 for point in points for value in point):
                raise ValueError(
                    f"La curva {name!r} tiene valores que no son positivos: no tienen logaritmo."
                )
            color, marker = group_style(index)
            ax.plot(*zip(*points, strict=True), f"{marker}-", color=color, label=literal(name))
        new_axes(ax, grid="both")
        ax.set(xlabel=below, ylabel=ylabel, xscale="log", yscale="log")
        for axis in (ax.xaxis, ax.yaxis):
            spanish_axis(axis)
            axis.set_major_locator(LogLocator(subs=(1, 3)))
            axis.set_minor_locator(NullLocator())
    if any(len(curves) > 1 for curves in panels.values()):
        axes[0].legend(frameon=False)
    return axes


def new_row(count: int) -> Sequence[Axes]:
    """Unos ejes al lado de otros, con el estilo del curso."""
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(7.0, 3.2), layout="constrained")
    row = [figure.add_subplot(1, count, place) for place in range(1, count + 1)]
    for ax in row:
        ax.spines[["top", "right"]].set_visible(False)
    return row
