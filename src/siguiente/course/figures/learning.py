"""Curvas de aprendizaje: cuánto paga un modelo por cada byte según los tokens que ha leído."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from siguiente.course.figures.style import group_style, literal, new_axes, spanish_axis


def learning_curves(
    curves: Mapping[str, Sequence[tuple[float, float]]], floor: float | None = None, ax: Axes | None = None
) -> Axes:
    """Dibuja, por modelo, los bits por byte que paga en el texto apartado según los tokens que ha leído.

    El punto con 0 tokens se salta, porque el eje es logarítmico. La línea `floor` es la entropía de la
    fuente: ningún modelo baja de ahí.

    Examples
    --------
    >>> import matplotlib.figure
    >>> ax = matplotlib.figure.Figure().subplots()
    >>> learning_curves({"GRU": [(0, 8.0), (1e4, 2.0), (1e5, 1.5)]}, floor=1.2, ax=ax).get_xscale()
    'log'
    """
    if not curves:
        raise ValueError("No hay curvas que dibujar.")
    ax = new_axes(ax, grid="both")
    for index, (name, points) in enumerate(curves.items()):
        tokens, bits = zip(*checked(name, points), strict=True)
        color, marker = group_style(index)
        ax.plot(tokens, bits, f"{marker}-", color=color, label=literal(name), markersize=4)
    if floor is not None:
        ax.axhline(floor, color="0.4", linestyle="--", linewidth=1, label="entropía de la gramática")
    ax.set_xscale("log")
    ax.set(xlabel="Tokens leídos al entrenar", ylabel="Bits por byte en textos apartados")
    spanish_axis(ax.yaxis)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
    return ax


def checked(name: str, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Devuelve los puntos con algo leído, si son números y van en orden."""
    kept = [point for point in points if point[0] != 0]
    tokens = [point[0] for point in kept]
    if not kept:
        raise ValueError(f"La curva {name!r} no tiene ningún punto con tokens leídos.")
    if not all(0 < x < float("inf") and -float("inf") < y < float("inf") for x, y in kept):
        raise ValueError(f"La curva {name!r} tiene un punto que no son dos números finitos.")
    if sorted(set(tokens)) != tokens:
        raise ValueError(f"Los puntos de la curva {name!r} deben ir de menos a más tokens.")
    return kept
