"""Curvas: cómo cambia una estimación, con su intervalo, al cambiar una cantidad."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from siguiente.course.figures.style import (
    group_style,
    literal,
    new_axes,
    spanish_axis,
    tick_label,
)


def estimate_curves(
    x: Sequence[float],
    groups: dict[str, Sequence[tuple[float, float, float]]],
    xlabel: str,
    ylabel: str,
    ax: Axes | None = None,
    reference: float | None = None,
) -> Axes:
    """Dibuja, por grupo, el valor y el intervalo (valor, mínimo, máximo) que corresponden a cada `x`.

    Los valores de `x` se ponen a la misma distancia, aunque no la tengan, y los grupos se separan un poco
    para que no se tapen. La referencia es una línea horizontal, por ejemplo el azar.

    Examples
    --------
    >>> import matplotlib.figure
    >>> ax = matplotlib.figure.Figure().subplots()
    >>> curves = {"modelo": [(0.2, 0.1, 0.3), (0.5, 0.4, 0.6)]}
    >>> ax = estimate_curves([0, 7], curves, "Ejemplos en el prompt", "Exactitud", ax)
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['0', '7']
    """
    ax = new_axes(ax, grid="y")
    if reference is not None:
        ax.axhline(reference, color="0.4", linestyle="--", linewidth=1)
    for index, (name, estimates) in enumerate(groups.items()):
        if len(estimates) != len(x):
            raise ValueError(
                f"El grupo {name!r} tiene {len(estimates)} estimaciones y hay {len(x)} en el eje."
            )
        shift = (index - (len(groups) - 1) / 2) * 0.4 / max(len(groups), 4)
        values = [value for value, _, _ in estimates]
        errors = [[v - low for v, low, _ in estimates], [high - v for v, _, high in estimates]]
        places = [place + shift for place in range(len(x))]
        color, marker = group_style(index)
        ax.errorbar(
            places, values, yerr=errors, fmt=f"{marker}-", capsize=3, label=literal(name), color=color
        )
    ax.set_xticks(range(len(x)), [tick_label(value) for value in x])
    ax.set_xlim(-0.5, len(x) - 0.5)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    spanish_axis(ax.yaxis)
    if len(groups) > 1:
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=min(len(groups), 3), frameon=False)
    return ax
