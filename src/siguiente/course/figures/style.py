"""El estilo de todas las figuras, en un solo lugar."""

from typing import Literal

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from siguiente.course.report.numbers import number

# Paleta de Okabe e Ito: se distingue sin ver bien los colores.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
# Y una forma por grupo, para quien no distingue los colores.
MARKERS = ("o", "s", "D", "^", "v", "P", "X")
# Hasta aquí, un eje logarítmico se lee mejor con números que con potencias.
DECADES = 1000


def group_style(index: int) -> tuple[str, str]:
    """El color y la forma del grupo de ese número; se repiten cuando se acaban."""
    return COLORS[index % len(COLORS)], MARKERS[index % len(MARKERS)]


def new_axes(ax: Axes | None, height: float = 3.6, grid: Literal["x", "y", "both"] = "x") -> Axes:
    """Devuelve `ax` o unos ejes nuevos con el estilo del curso, de 7 pulgadas de ancho y `height` de alto."""
    import matplotlib.pyplot as plt

    if ax is None:
        ax = plt.subplots(figsize=(7.0, height), layout="constrained")[1]
        ax.spines[["top", "right"]].set_visible(False)
        ax.set_axisbelow(True)
    ax.grid(visible=True, axis=grid, alpha=0.3)
    return ax


def literal(text: str) -> str:
    """Escribe un texto de otros para que se dibuje tal cual: sin esto, lo que va entre ``$`` es una fórmula.

    Examples
    --------
    >>> print(literal("de 5 $ a 10 $"))
    de 5 \\$ a 10 \\$
    """
    return text.replace("$", r"\$")


def spanish_axis(axis: Axis, digits: int | None = None) -> None:
    """Escribe los números de un eje con coma decimal."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: tick_label(value, digits)))


def spanish_log_axis(axis: Axis) -> None:
    """Escribe con coma los números de un eje logarítmico, salvo si abarca más de tres décadas."""
    low, high = axis.get_view_interval()
    if high / low < DECADES:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_minor_locator(NullLocator())
        spanish_axis(axis)


def tick_label(value: float, digits: int | None = None) -> str:
    """Escribe un número con `digits` decimales; si no se dicen, con los que tenga.

    Examples
    --------
    >>> tick_label(0.25), tick_label(14.0), tick_label(0.5, digits=2)
    ('0,25', '14', '0,50')
    """
    if digits is None:
        digits = len(f"{value:.6g}".partition(".")[2])
    return number(value, digits)
