"""Paneles paso a paso: varias cantidades de varios entrenamientos, una al lado de otra."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from siguiente.course.figures.style import COLORS, literal, new_axes, spanish_axis

STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))  # para quien no distingue los colores


def step_panels(
    panels: Mapping[str, Mapping[str, Sequence[float]]], height: float = 3.2, xlabel: str = "Paso"
) -> list[Axes]:
    """Dibuja un panel por cantidad, y en cada uno una línea por entrenamiento, con un valor por paso.

    El mismo nombre tiene el mismo color en todos los paneles, y la leyenda es una. El alto va en pulgadas.

    Examples
    --------
    >>> panels = {"Recompensa": {"PPO": [0.1, 0.4]}, "KL (nats)": {"PPO": [0.0, 2.5]}}
    >>> [ax.get_ylabel() for ax in step_panels(panels)]
    ['Recompensa', 'KL (nats)']
    """
    import matplotlib.pyplot as plt
    from matplotlib.ticker import MaxNLocator

    if not panels or not all(len(values) for lines in panels.values() for values in lines.values()):
        raise ValueError("No hay qué dibujar: dé al menos un panel, y en cada línea algún valor.")
    figure, grid = plt.subplots(1, len(panels), figsize=(8.5, height), layout="constrained", squeeze=False)
    axes, names = list(grid[0]), list(dict.fromkeys(name for lines in panels.values() for name in lines))
    for ax, (ylabel, lines) in zip(axes, panels.items(), strict=True):
        ax.spines[["top", "right"]].set_visible(False)
        new_axes(ax, grid="both").set(xlabel=xlabel, ylabel=ylabel)
        for name, values in lines.items():
            index = names.index(name)
            color, style = COLORS[index % len(COLORS)], STYLES[index % len(STYLES)]
            ax.plot(
                range(1, len(values) + 1),
                values,
                color=color,
                linestyle=style,
                linewidth=1.5,
                label=literal(name),
            )
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        spanish_axis(ax.yaxis)
    found = {text: line for ax in axes for line, text in zip(*ax.get_legend_handles_labels(), strict=True)}
    figure.legend(found.values(), found, loc="outside upper center", ncols=min(len(found), 5), frameon=False)
    return axes
