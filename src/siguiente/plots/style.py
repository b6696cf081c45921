"""El estilo de todas las figuras, en un solo lugar."""

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter

from siguiente.plots.numbers import number

__all__ = ["COLORS", "new_axes", "spanish_axis", "use_style"]

# Paleta de Okabe e Ito: se distingue sin ver bien los colores.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def use_style() -> None:
    """Fija el estilo de matplotlib para todas las figuras de una página."""
    mpl.rcParams.update(
        {
            "axes.grid": True,
            "axes.prop_cycle": cycler(color=COLORS),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.axisbelow": True,
            "figure.figsize": (7.0, 3.6),
            "figure.constrained_layout.use": True,
            "font.size": 11,
            "grid.alpha": 0.3,
            "legend.frameon": False,
            "svg.fonttype": "path",
            "svg.hashsalt": "siguiente",
        }
    )


def new_axes(ax: Axes | None) -> Axes:
    """Devuelve `ax` o unos ejes nuevos."""
    import matplotlib.pyplot as plt

    return plt.subplots()[1] if ax is None else ax


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
