"""Curvas de varias repeticiones: la media y, en color más claro, su intervalo."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from siguiente.course.figures.panels import STYLES
from siguiente.course.figures.style import COLORS, literal, new_row, spanish_axis
from siguiente.evaluation.intervals import mean_interval


def band_panels(
    panels: Mapping[str, Mapping[str, Tensor]], x: Sequence[float], xlabel: str = "Paso"
) -> list[Axes]:
    """Dibuja un recuadro por cantidad y en él, por grupo, sus S repeticiones en K lugares, (S, K).

    La línea es la media y la banda, su intervalo del 95 %; con una sola fila no hay banda. El mismo grupo
    tiene el mismo color en todos los recuadros, y la leyenda es una.

    >>> import torch
    >>> ax, = band_panels({"KL (nats)": {"β = 0": torch.tensor([[0.0, 2.0], [0.0, 4.0]])}}, [0, 10])
    >>> ax.get_lines()[0].get_ydata().tolist()
    [0.0, 3.0]
    """
    row = new_row(len(panels), width=2.4 + 2.3 * len(panels))
    names = list(dict.fromkeys(name for groups in panels.values() for name in groups))
    for ax, (ylabel, groups) in zip(row, panels.items(), strict=True):
        for name, values in groups.items():
            i = names.index(name)
            color, style = COLORS[i % len(COLORS)], STYLES[i % len(STYLES)]
            ax.plot(x, values.double().mean(0), color=color, linestyle=style, label=literal(name))
            if len(values) > 1:
                ends = [mean_interval(column)[1:] for column in values.T]
                ax.fill_between(x, *zip(*ends, strict=True), color=color, alpha=0.2, linewidth=0)
        ax.set(xlabel=xlabel, ylabel=ylabel)
        ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        spanish_axis(ax.yaxis)
    found = {text: line for ax in row for line, text in zip(*ax.get_legend_handles_labels(), strict=True)}
    row[0].figure.legend(
        found.values(), found, loc="outside upper center", ncols=min(len(found), 5), frameon=False
    )
    return row
