"""Tablas pequeñas para una página, escritas en Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Table"]


@dataclass(frozen=True)
class Table:
    """Una tabla que la página muestra como tal; los números, a la derecha.

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
        columns = zip(*self.rows, strict=True)
        marks = ["---:" if any(map(numeric, column)) else "---" for column in columns] or ["---"] * len(
            self.header
        )
        lines = [self.header, *self.rows]
        body = ["| " + " | ".join(escaped(cell) for cell in line) + " |" for line in lines]
        return "\n".join([body[0], f"|{'|'.join(marks)}|", *body[1:]])


def numeric(cell: str) -> bool:
    """Dice si una celda es un número o un intervalo: esas columnas se alinean a la derecha.

    Examples
    --------
    >>> numeric("−1,2"), numeric("[0; 1]"), numeric("1 de abril")
    (True, True, False)
    """
    return any(c.isdigit() for c in cell) and not any(c.isalpha() for c in cell)


def escaped(cell: str) -> str:
    """Deja un texto de un modelo tal cual: nada en él se toma por Markdown ni por HTML.

    Examples
    --------
    >>> escaped("a|b\\n<i>")
    'a\\\\|b ⏎ \\\\<i\\\\>'
    """
    text = cell.replace("\n\n", "\n").replace("\n", " ⏎ ")
    return "".join(f"\\{c}" if c in r"\`*_[]<>|$#" else c for c in text)
