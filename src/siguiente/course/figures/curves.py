"""Curvas: cómo cambia una cantidad, con su intervalo, al cambiar otra."""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import TypeAlias

from matplotlib.axes import Axes

from siguiente.course.figures.style import (
    DISTANCE,
    REFERENCE,
    error_bars,
    legend_above,
    new_axes,
    spanish_axis,
    styled,
    tick_label,
)

Interval: TypeAlias = tuple[float, float, float]


def estimate_curves(
    x: Sequence[float],
    groups: Mapping[str, Sequence[Interval]],
    xlabel: str,
    ylabel: str,
    reference: float | None = None,
) -> Axes:
    """Dibuja, por grupo, el valor y el intervalo (valor, mínimo, máximo) que corresponden a cada `x`.

    Los valores de `x` se ponen a la misma distancia, aunque no la tengan, y los grupos se separan un poco
    para que no se tapen. La referencia es una línea horizontal, por ejemplo el azar.

    >>> curves = {"modelo": [(0.2, 0.1, 0.3), (0.5, 0.4, 0.6)]}
    >>> ax = estimate_curves([0, 7], curves, "Ejemplos en el prompt", "Exactitud")
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['0', '7']
    """
    ax = new_axes(grid="y")
    if reference is not None:
        ax.axhline(reference, **REFERENCE)
    for index, (name, estimates, color, marker) in enumerate(styled(groups)):
        shift = (index - (len(groups) - 1) / 2) * 0.4 / max(len(groups), 4)
        places = [place + shift for place in range(len(x))]
        values, errors = error_bars(estimates)
        ax.errorbar(places, values, yerr=errors, fmt=f"{marker}-", capsize=3, label=name, color=color)
    ax.set_xticks(range(len(x)), [tick_label(value) for value in x])
    ax.set_xlim(-0.5, len(x) - 0.5)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    spanish_axis(ax.yaxis)
    if len(groups) > 1:
        legend_above(ax)
    return ax


def learning_curves(curves: Mapping[str, Sequence[tuple[float, float]]], floor: float | None = None) -> Axes:
    """Dibuja, por modelo, los bits por byte que paga en el texto apartado según los tokens que ha leído.

    El punto con 0 tokens se salta, porque el eje es logarítmico. La línea `floor` es la entropía de la
    fuente: ningún modelo baja de ahí.

    >>> learning_curves({"GRU": [(0, 8.0), (1e4, 2.0), (1e5, 1.5)]}, floor=1.2).get_xscale()
    'log'
    """
    ax = new_axes(grid="both")
    for name, points, color, marker in styled(curves):
        tokens, bits = zip(*(point for point in points if point[0] > 0), strict=True)
        ax.plot(tokens, bits, f"{marker}-", color=color, label=name, markersize=4)
    if floor is not None:
        ax.axhline(floor, **REFERENCE, label="entropía de la gramática")
    ax.set_xscale("log")
    ax.set(xlabel="Tokens leídos al entrenar", ylabel="Bits por byte en textos apartados")
    spanish_axis(ax.yaxis)
    legend_above(ax)
    return ax


def rank_frequencies(groups: Mapping[str, Sequence[int]]) -> Axes:
    """Dibuja, por texto, cuántas veces sale cada palabra según su puesto, de la más a la menos frecuente.

    Los dos ejes son logarítmicos: lo que baja como :math:`1/r`, la ley de Zipf, es una recta, y se dibuja
    desde la palabra más frecuente del primer texto.

    >>> ax = rank_frequencies({"libro": [100, 50, 33, 25]})
    >>> ax.get_xscale(), ax.get_yscale(), len(ax.lines)
    ('log', 'log', 2)
    """
    ax = new_axes(grid="both")
    first = next(iter(groups.values()))
    ax.plot([1, first[0]], [first[0], 1], **REFERENCE, label="ley de Zipf, 1/r")
    for name, frequencies, color, _ in styled(groups):
        ax.plot(range(1, len(frequencies) + 1), frequencies, color=color, label=name)
    ax.set(xscale="log", yscale="log", xlabel="Puesto de la palabra, r", ylabel="Veces que sale")
    legend_above(ax)
    return ax


def reward_by_divergence(
    groups: Mapping[str, Sequence[tuple[Interval, Interval]]], ylabel: str, reference: float | None = None
) -> Axes:
    """Dibuja la recompensa de cada política frente a la raíz de su divergencia KL, que se da en nats.

    Cada cifra lleva su intervalo, y las políticas de un método se unen en el orden en que llegan. La
    referencia es la recompensa del modelo de partida. Va la raíz porque, cerca de él, la recompensa crece
    como ella :cite:p:`gao2023overoptimization`; un extremo del intervalo bajo cero, que es ruido, se deja en
    cero.

    >>> groups = {"PPO": [((16.0, 9.0, 25.0), (9.5, 9.4, 9.6))]}
    >>> reward_by_divergence(groups, "Puntos").containers[0].lines[0].get_xydata().tolist()
    [[4.0, 9.5]]
    """
    ax = new_axes(height=4.2, grid="both")
    if reference is not None:
        ax.axhline(reference, **REFERENCE)
    for name, points, color, marker in styled(groups):
        x, xerr = error_bars([[sqrt(max(0.0, bound)) for bound in divergence] for divergence, _ in points])
        y, yerr = error_bars([reward for _, reward in points])
        ax.errorbar(x, y, yerr, xerr, fmt=f"{marker}-", capsize=2, linewidth=1, label=name, color=color)
    ax.set(xlabel=DISTANCE, ylabel=ylabel)
    spanish_axis(ax.xaxis, ax.yaxis)
    legend_above(ax)
    return ax
