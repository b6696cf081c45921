"""El estilo de todas las figuras, en un solo lugar."""

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter

from siguiente.plots.numbers import number

__all__ = ["COLORS", "new_axes", "spanish_axis"]

# Paleta de Okabe e Ito: se distingue sin ver bien los colores.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def new_axes(ax: Axes | None, height: float = 3.6) -> Axes:
    """Devuelve `ax` o unos ejes nuevos con el estilo del curso, de 7 pulgadas de ancho y `height` de alto."""
    import matplotlib.pyplot as plt

    if ax is None:
        ax = plt.subplots(figsize=(7.0, height), layout="constrained")[1]
        ax.spines[["top", "right"]].set_visible(False)
        ax.set_axisbelow(True)
    ax.grid(visible=True, axis="x", alpha=0.3)
    return ax


def spanish_axis(axis: Axis, digits: int | None = None) -> None:
    """Escribe los números de un eje con coma decimal.

    Examples
    --------
    >>> import matplotlib.figure
    >>> ax = matplotlib.figure.Figure().subplots()
    >>> spanish_axis(ax.yaxis, digits=1)
    >>> ax.yaxis.get_major_formatter()(0.5, 0)
    '0,5'
    """

    def label(value: float, _: int) -> str:
        if digits is not None:
            return number(value, digits)
        return number(value, len(f"{value:.6g}".partition(".")[2]))

    axis.set_major_formatter(FuncFormatter(label))
