"""Estimaciones: un punto con su intervalo por fila."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from siguiente.course.figures.style import (
    REFERENCE,
    error_bars,
    legend_above,
    literal,
    new_axes,
    spanish_axis,
    spanish_log_axis,
    styled,
)


def estimate_rows(
    labels: Sequence[str],
    groups: Mapping[str, Sequence[tuple[float, float, float]]],
    xlabel: str,
    reference: float | None = None,
    log: bool = False,
) -> Axes:
    """Dibuja, por fila y de arriba abajo, el valor y el intervalo (valor, mínimo, máximo) de cada grupo.

    La referencia es una línea vertical, por ejemplo el azar.

    >>> estimate_rows(["A"], {"modelo": [(0.5, 0.4, 0.6)]}, "Exactitud").get_xlabel()
    'Exactitud'
    """
    ax = new_axes(height=1.2 + 0.28 * len(labels))
    for index, (name, estimates, color, marker) in enumerate(styled(groups)):
        shift = (index - (len(groups) - 1) / 2) * 0.25
        rows = [row + shift for row in range(len(labels))]
        values, errors = error_bars(estimates)
        ax.errorbar(values, rows, xerr=errors, fmt=marker, capsize=3, label=name, color=color)
    if reference is not None:
        ax.axvline(reference, **REFERENCE)
    ax.set_yticks(range(len(labels)), [literal(label) for label in labels])
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.set_xlabel(xlabel)
    if log:
        ax.set_xscale("log")
        spanish_log_axis(ax.xaxis)
    else:
        spanish_axis(ax.xaxis)
    if len(groups) > 1:
        legend_above(ax, len(groups))
    return ax
