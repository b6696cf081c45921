"""Recuadros con curvas, unos al lado de otros."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from siguiente.course.figures.style import COLORS, literal, new_row, spanish_axis, styled

STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))  # para quien no distingue los colores


def step_panels(panels: Mapping[str, Mapping[str, Sequence[float]]], xlabel: str = "Paso") -> list[Axes]:
    """Dibuja un recuadro por cantidad, y en él una línea por entrenamiento, con un valor por paso.

    El mismo nombre tiene el mismo color en todos los recuadros, y la leyenda es una.

    >>> panels = {"Recompensa": {"PPO": [0.1, 0.4]}, "KL (nats)": {"PPO": [0.0, 2.5]}}
    >>> [ax.get_ylabel() for ax in step_panels(panels)]
    ['Recompensa', 'KL (nats)']
    """
    row = new_row(len(panels), width=8.5)
    names = list(dict.fromkeys(name for lines in panels.values() for name in lines))
    for ax, (ylabel, lines) in zip(row, panels.items(), strict=True):
        ax.set(xlabel=xlabel, ylabel=ylabel)
        for name, values in lines.items():
            steps, i = range(1, len(values) + 1), names.index(name)
            color, style = COLORS[i % len(COLORS)], STYLES[i % len(STYLES)]
            ax.plot(steps, values, color=color, linestyle=style, linewidth=1.5, label=literal(name))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        spanish_axis(ax.yaxis)
    found = {text: line for ax in row for line, text in zip(*ax.get_legend_handles_labels(), strict=True)}
    row[0].figure.legend(
        found.values(), found, loc="outside upper center", ncols=min(len(found), 5), frameon=False
    )
    return row


def cost_panels(
    panels: Mapping[str, Mapping[str, Sequence[tuple[float, float]]]], xlabel: str | Sequence[str]
) -> list[Axes]:
    """Dibuja un coste por recuadro, con curvas de pares (cantidad, coste), en escalas logarítmicas.

    Cada recuadro se da por el rótulo de su eje vertical, y todo debe ser positivo. Una recta que sube tanto
    como avanza crece en proporción; si sube el doble, con el cuadrado.

    >>> panels = {"Tiempo (s)": {"red": [(1, 2), (10, 20)]}, "Memoria (MB)": {"red": [(1, 5), (10, 5)]}}
    >>> [ax.get_ylabel() for ax in cost_panels(panels, "Parámetros")]
    ['Tiempo (s)', 'Memoria (MB)']
    """
    row, xlabels = new_row(len(panels)), [xlabel] * len(panels) if isinstance(xlabel, str) else xlabel
    for ax, below, (ylabel, curves) in zip(row, xlabels, panels.items(), strict=True):
        for name, points, color, marker in styled(curves):
            ax.plot(*zip(*points, strict=True), f"{marker}-", color=color, label=name)
        ax.set(xlabel=below, ylabel=ylabel, xscale="log", yscale="log")
        spanish_axis(ax.xaxis, ax.yaxis)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_locator(LogLocator(subs=(1, 3)))
            axis.set_minor_locator(NullLocator())
    if any(len(curves) > 1 for curves in panels.values()):
        row[0].legend(frameon=False)
    return row


def interval_panels(
    panels: Mapping[str, Mapping[str, Sequence[tuple[float, float, float, float]]]],
    ylabel: str,
    xlabel: str,
    curves: Mapping[str, Sequence[tuple[float, float]]] | None = None,
) -> list[Axes]:
    """Dibuja un recuadro por política y, en él, unas cifras con su intervalo según el paso o la distancia.

    Cada punto es (lugar, valor, mínimo, máximo). Los recuadros comparten los ejes, y la curva ajustada de
    cada uno, si la hay, va a trazos.

    >>> panels = {"200 parejas": {"verdadera": [(0, 0, -1, 1), (20, 1, 0, 2)]}}
    >>> interval_panels(panels, "Puntos ganados", "Paso")[0].get_title()
    '200 parejas'
    """
    row = new_row(len(panels))
    for ax, (title, rewards) in zip(row, panels.items(), strict=True):
        if ax is not row[0]:
            ax.sharex(row[0])
            ax.sharey(row[0])
        ax.axhline(0, color="0.4", linewidth=1)
        for name, points, color, marker in styled(rewards):
            x, values, lows, highs = zip(*points, strict=True)
            ax.plot(x, values, f"{marker}-", color=color, markersize=4, label=name)
            ax.fill_between(x, lows, highs, color=color, alpha=0.2, linewidth=0)
        if curves and title in curves:
            ax.plot(*zip(*curves[title], strict=True), color="0.2", linestyle="--", label="curva ajustada")
        ax.set(title=literal(title), xlabel=xlabel, ylabel=ylabel if ax is row[0] else "")
        spanish_axis(ax.xaxis, ax.yaxis)
    row[0].legend(frameon=False, fontsize="small")
    return row
