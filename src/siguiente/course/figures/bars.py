"""Barras: la probabilidad de unos textos, de mayor a menor."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from siguiente.course.figures.style import COLORS, literal, new_axes, spanish_axis
from siguiente.course.report.numbers import percent


def probability_bars(
    labels: Sequence[str], probabilities: Sequence[float], highlight: Sequence[str] = ()
) -> Axes:
    """Dibuja una barra horizontal por texto, con su porcentaje y de arriba abajo.

    Un espacio inicial se muestra como ``␣``; los textos de `highlight` van en otro color.

    >>> ax = probability_bars([" sí", " no"], [0.75, 0.25])
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['␣sí', '␣no']
    """
    ax = new_axes(height=1.0 + 0.3 * len(labels))
    rows = range(len(labels))
    colors = [COLORS[1] if label in highlight else COLORS[0] for label in labels]
    bars = ax.barh(rows, [100 * p for p in probabilities], color=colors)
    ax.bar_label(bars, [percent(p, 1) for p in probabilities], padding=3)
    ax.set_yticks(rows, [visible(label) for label in labels])
    ax.set_xlim(0, max(100 * max(probabilities) * 1.15, 1e-9))
    ax.invert_yaxis()
    ax.set_xlabel("Probabilidad (%)")
    spanish_axis(ax.xaxis)
    return ax


def visible(label: str) -> str:
    """Hace visibles el espacio inicial y los saltos de línea de un token."""
    text = label.replace("\n", "⏎").replace("\t", "⇥")
    return "␣" * (len(text) - len(text.lstrip(" "))) + literal(text.lstrip(" "))
