"""La máscara de una pérdida: qué tokens de un texto cuentan, dibujados en su sitio."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from siguiente.course.figures.bars import visible
from siguiente.course.figures.style import COLORS, legend_above, new_axes

WIDE = 96  # letras que caben en un renglón
GAP = 1.6  # lo que separa dos tokens, en letras
NAMES = ("se lee, no cuenta", "se aprende")


def loss_mask_strip(tokens: Sequence[str], mask: Sequence[bool]) -> Axes:
    """Dibuja un texto token a token; los que cuentan en la pérdida, en recuadros llenos y en negrita.

    >>> ax = loss_mask_strip(["1", "+", "1", "=", "2"], [False] * 4 + [True])
    >>> [text.get_text() for text in ax.texts]
    ['1', '+', '1', '=', '2']
    """
    places = token_places([len(visible(token)) for token in tokens])
    ax = new_axes(height=0.9 + 0.26 * (places[-1][1] + 1))
    for token, counts, (x, y) in zip(tokens, mask, places, strict=True):
        ax.text(x, y, visible(token), va="center", family="monospace", size=8, **looks(bool(counts)))
    for learned, name in enumerate(NAMES):
        ax.scatter([], [], marker="s", s=90, label=name, **box(bool(learned)))
    ax.set(xlim=(0, WIDE), ylim=(places[-1][1] + 0.7, -0.7))
    ax.axis("off")
    legend_above(ax)
    return ax


def box(counts: bool) -> dict[str, Any]:
    """Los colores del recuadro de un token."""
    return {"facecolor": f"{COLORS[0]}55" if counts else "white", "edgecolor": COLORS[0] if counts else "0.6"}


def looks(counts: bool) -> dict[str, Any]:
    """El aspecto de un token: no solo el color dice si cuenta."""
    frame = {"boxstyle": "round,pad=0.2", "linestyle": "-" if counts else ":", **box(counts)}
    return {"weight": "bold" if counts else "normal", "color": "black" if counts else "0.35", "bbox": frame}


def token_places(widths: Sequence[int]) -> list[tuple[float, int]]:
    """Dónde empieza cada token y en qué renglón, sin partir ninguno.

    >>> token_places([60, 30, 30])
    [(0.5, 0), (62.1, 0), (0.5, 1)]
    """
    places, x, row = list[tuple[float, int]](), 0.5, 0
    for width in widths:
        if x > 0.5 and x + width > WIDE:
            x, row = 0.5, row + 1
        places.append((x, row))
        x += width + GAP
    return places
