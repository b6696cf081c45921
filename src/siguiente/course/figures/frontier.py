"""La frontera: cuánto se gana y cuánto se aleja una política del modelo de partida."""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import TypeAlias

from matplotlib.axes import Axes

from siguiente.course.figures.distances import XLABEL
from siguiente.course.figures.style import group_style, literal, new_axes, spanish_axis

Interval: TypeAlias = tuple[float, float, float]


def reward_by_divergence(
    groups: Mapping[str, Sequence[tuple[Interval, Interval]]],
    ylabel: str = "Recompensa verdadera (puntos)",
    reference: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Dibuja la recompensa de cada política frente a la raíz de su divergencia KL, que se da en nats.

    Cada cifra lleva su intervalo, y las políticas de un método se unen en el orden en que llegan. La
    referencia es la recompensa del modelo de partida. Va la raíz porque, cerca de él, la recompensa crece
    como ella :cite:p:`gao2023overoptimization`.

    Examples
    --------
    >>> import matplotlib.figure
    >>> ax = matplotlib.figure.Figure().subplots()
    >>> groups = {"PPO": [((16.0, 9.0, 25.0), (9.5, 9.4, 9.6))]}
    >>> reward_by_divergence(groups, ax=ax).containers[0].lines[0].get_xydata().tolist()
    [[4.0, 9.5]]
    """
    if not any(groups.values()):
        raise ValueError("No hay políticas que dibujar.")
    ax = new_axes(ax, height=4.2, grid="both")
    if reference is not None:
        ax.axhline(reference, color="0.4", linestyle="--", linewidth=1)
    for index, (name, points) in enumerate(groups.items()):
        color, marker = group_style(index)
        x, xerr = bars([roots(name, divergence) for divergence, _ in points])
        y, yerr = bars([reward for _, reward in points])
        ax.errorbar(
            x, y, yerr, xerr, fmt=f"{marker}-", capsize=2, linewidth=1, label=literal(name), color=color
        )
    ax.set(xlabel=XLABEL, ylabel=ylabel)
    spanish_axis(ax.xaxis)
    spanish_axis(ax.yaxis)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=min(len(groups), 3), frameon=False)
    return ax


def roots(name: str, divergence: Interval) -> Interval:
    """Las raíces; un extremo del intervalo bajo cero, que es ruido, se deja en cero."""
    if not divergence[0] >= 0:
        raise ValueError(f"La divergencia de {name!r} es {divergence[0]}, y no puede ser negativa.")
    value, low, high = (sqrt(max(0.0, bound)) for bound in divergence)
    return value, low, high


def bars(intervals: Sequence[Interval]) -> tuple[list[float], list[list[float]]]:
    """Los valores y lo que sus barras bajan y suben, como los pide matplotlib."""
    values = [value for value, _, _ in intervals]
    return values, [[v - low for v, low, _ in intervals], [high - v for v, _, high in intervals]]
