"""Estimaciones: un punto con su intervalo por fila."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from siguiente.course.figures.style import (
    group_style,
    literal,
    new_axes,
    spanish_axis,
    spanish_log_axis,
)


def estimate_rows(
    labels: Sequence[str],
    groups: dict[str, Sequence[tuple[float, float, float]]],
    xlabel: str,
    ax: Axes | None = None,
    reference: float | None = None,
    log: bool = False,
) -> Axes:
    """Dibuja, por fila y de arriba abajo, el valor y el intervalo (valor, mínimo, máximo) de cada grupo.

    La referencia es una línea vertical, por ejemplo el azar.

    Examples
    --------
    >>> import matplotlib.figure
    >>> ax = matplotlib.figure.Figure().subplots()
    >>> estimate_rows(["A"], {"modelo": [(0.5, 0.4, 0.6)]}, "Exactitud", ax).get_xlabel()
    'Exactitud'
    """
    ax = new_axes(ax, height=1.2 + 0.28 * len(labels))
    for index, (name, estimates) in enumerate(groups.items()):
        if len(estimates) != len(labels):
            raise ValueError(f"El grupo {name!r} tiene {len(estimates)} filas y hay {len(labels)} filas.")
        shift = (index - (len(groups) - 1) / 2) * 0.25
        values = [value for value, _, _ in estimates]
        errors = [[v - low for v, low, _ in estimates], [high - v for v, _, high in estimates]]
        rows = [row + shift for row in range(len(labels))]
        color, marker = group_style(index)
        ax.errorbar(values, rows, xerr=errors, fmt=marker, capsize=3, label=literal(name), color=color)
    if reference is not None:
        ax.axvline(reference, color="0.4", linestyle="--", linewidth=1)
    ax.set_yticks(range(len(labels)), [literal(label) for label in labels])
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.set_xlabel(xlabel)
    if log:
        ax.set_xscale("log")
        spanish_log_axis(ax.xaxis)
    else:
        spanish_axis(ax.xaxis)
    if len(groups) > 1:
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(groups), frameon=False)
    return ax
