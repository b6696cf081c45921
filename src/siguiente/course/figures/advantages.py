"""La ventaja de cada token de un texto, en su sitio."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from siguiente.course.figures.bars import visible
from siguiente.course.figures.loss_masks import WIDE, token_places
from siguiente.course.figures.style import COLORS, legend_above, new_axes

NAMES = ("mejor de lo esperado", "peor")


def advantage_strip(tokens: Sequence[str], advantages: Sequence[float]) -> Axes:
    """Dibuja un texto token a token, cada uno en un recuadro más oscuro cuanto mayor es su ventaja.

    Las positivas, de un color y con el borde seguido; las negativas, de otro y con el borde de puntos.

    >>> ax = advantage_strip(["Ana", " rió", "."], [0.5, -0.25, 0.0])
    >>> [text.get_text() for text in ax.texts]
    ['Ana', '␣rió', '.']
    """
    shown = [visible(token) for token in tokens]
    places = token_places([len(token) for token in shown])
    largest = max(abs(float(advantage)) for advantage in advantages) or 1.0
    ax = new_axes(height=0.9 + 0.26 * (places[-1][1] + 1))
    for token, advantage, (x, y) in zip(shown, advantages, places, strict=True):
        frame = {"boxstyle": "round,pad=0.2", **shade(float(advantage) / largest)}
        ax.text(x, y, token, va="center", family="monospace", size=8, bbox=frame)
    for name, share in zip(NAMES, (1.0, -1.0), strict=True):
        ax.scatter([], [], marker="s", s=90, label=name, **shade(share))
    ax.set(xlim=(0, WIDE), ylim=(places[-1][1] + 0.7, -0.7))
    ax.axis("off")
    legend_above(ax)
    return ax


def shade(share: float) -> dict[str, Any]:
    """El color de un recuadro, según su ventaja entre la mayor, de −1 a 1.

    >>> shade(1.0)["facecolor"], shade(-0.5)["linestyle"]
    ('#0072B2b2', ':')
    """
    color = COLORS[0] if share >= 0 else COLORS[1]
    filled = f"{color}{round(abs(share) * 0.7 * 255):02x}"
    return {"facecolor": filled, "edgecolor": color, "linestyle": "-" if share >= 0 else ":"}
