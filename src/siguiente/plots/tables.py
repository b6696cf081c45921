"""Tablas pequeñas para una página, escritas en Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Table"]


@dataclass(frozen=True)
class Table:
    """Una tabla que la página muestra como tal: la primera columna a la izquierda y las demás, a la derecha.

    Parameters
    ----------
    header : sequence of str
        Los nombres de las columnas.
    rows : sequence of sequence of str
        Las filas; los números ya van escritos con :mod:`siguiente.plots.numbers`.

    Raises
    ------
    ValueError
        Si una fila no tiene tantas celdas como columnas hay.

    Examples
    --------
    >>> Table(["texto", "nats"], [["sí", "−1,2"]])
    | texto | nats |
    |---|---:|
    | sí | −1,2 |
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.header):
                raise ValueError(f"La fila {row} tiene {len(row)} celdas y hay {len(self.header)} columnas.")

    def __repr__(self) -> str:
        return self._repr_markdown_()

    def _repr_markdown_(self) -> str:
        lines = [self.header, *self.rows]
        body = ["| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines]
        return "\n".join([body[0], "|---|" + "---:|" * (len(self.header) - 1), *body[1:]])
