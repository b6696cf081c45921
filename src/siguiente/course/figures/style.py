"""El estilo de todas las figuras, en un solo lugar."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from siguiente.course.report.numbers import number

# Paleta de Okabe e Ito: se distingue sin ver bien los colores.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
# Y una forma por grupo, para quien no distingue los colores.
MARKERS = ("o", "s", "D", "^", "v", "P", "X")
# Con qué se compara lo demás, como el azar.
REFERENCE: dict[str, Any] = {"color": "0.4", "linestyle": "--", "linewidth": 1}
# Hasta aquí, un eje logarítmico se lee mejor con números que con potencias.
DECADES = 1000
DISTANCE = "√KL (√nat)"


def new_axes(height: float = 3.6, grid: Literal["x", "y", "both"] = "x") -> Axes:
    """Devuelve unos ejes nuevos con el estilo del curso, de 7 pulgadas de ancho y `height` de alto."""
    ax = new_row(1, 7.0, height, grid)[0]
    ax.set_axisbelow(True)
    return ax


def new_row(
    count: int, width: float = 7.0, height: float = 3.2, grid: Literal["x", "y", "both"] = "both"
) -> list[Axes]:
    """Devuelve unos ejes al lado de otros, con el estilo del curso; el tamaño es el de todos, en pulgadas."""
    import matplotlib.pyplot as plt

    size = (width, height)
    row: list[Axes] = list(plt.subplots(1, count, figsize=size, layout="constrained", squeeze=False)[1][0])
    for ax in row:
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(visible=True, axis=grid, alpha=0.3)
    return row


def styled(groups: Mapping[str, Any]) -> Iterator[tuple[str, Any, str, str]]:
    """De cada grupo, su nombre tal cual, lo que se dibuja, su color y su forma; se repiten si se acaban.

    >>> next(styled({"modelo": [1, 2]}))
    ('modelo', [1, 2], '#0072B2', 'o')
    """
    for index, (name, drawn) in enumerate(groups.items()):
        yield literal(name), drawn, COLORS[index % len(COLORS)], MARKERS[index % len(MARKERS)]


def error_bars(estimates: Sequence[Sequence[float]]) -> tuple[list[float], list[list[float]]]:
    """Los valores de unas estimaciones (valor, mínimo, máximo) y lo que sus barras bajan y suben.

    >>> error_bars([(0.5, 0.25, 1.0)])
    ([0.5], [[0.25], [0.5]])
    """
    values = [value for value, _, _ in estimates]
    return values, [[v - low for v, low, _ in estimates], [high - v for v, _, high in estimates]]


def legend_above(ax: Axes, columns: int = 3) -> None:
    """Pone la leyenda encima de los ejes, en tantas columnas como mucho."""
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=columns, frameon=False)


def literal(text: str) -> str:
    """Escribe un texto de otros para que se dibuje tal cual: sin esto, lo que va entre ``$`` es una fórmula.

    >>> print(literal("de 5 $ a 10 $"))
    de 5 \\$ a 10 \\$
    """
    return text.replace("$", r"\$")


def spanish_axis(*axes: Axis) -> None:
    """Escribe los números de unos ejes con coma decimal."""
    for axis in axes:
        axis.set_major_formatter(FuncFormatter(lambda value, _: tick_label(value)))


def spanish_log_axis(axis: Axis) -> None:
    """Escribe con coma los números de un eje logarítmico, salvo si abarca más de tres décadas."""
    low, high = axis.get_view_interval()
    if high / low < DECADES:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_minor_locator(NullLocator())
        spanish_axis(axis)


def tick_label(value: float) -> str:
    """Escribe un número con los decimales que tenga.

    >>> tick_label(0.25), tick_label(14.0)
    ('0,25', '14')
    """
    return number(value, len(f"{value:.6g}".partition(".")[2]))
