"""Tablas pequeñas para una página: saben escribir números, proporciones y estimaciones."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from numbers import Integral
from typing import Any

from siguiente.course.report.numbers import interval, number, percent
from siguiente.evaluation.intervals import Estimate


class Table:
    """Una tabla que la página muestra como tal; los números, a la derecha.

    Parameters
    ----------
    columns : mapping or sequence of str
        Las columnas, cada una con su nombre; o solo los nombres, y las filas aparte.
    rows : sequence or mapping
        Las filas. De un diccionario, cada clave es la primera celda de su fila.
    digits : int or mapping
        Decimales de los números que no son enteros; con un diccionario, los de cada columna.
    percent : collection of str
        Las columnas que son proporciones y se escriben como porcentajes.

    Examples
    --------
    >>> Table({"texto": ["sí", "no"], "nats": [-1.234, -0.5], "veces": [3, 12]})
    | texto | nats | veces |
    |---|---:|---:|
    | sí | −1,23 | 3 |
    | no | −0,50 | 12 |
    """

    def __init__(
        self,
        columns: Mapping[str, Iterable[Any]] | Sequence[str],
        rows: Iterable[Any] | Mapping[Any, Any] = (),
        digits: int | Mapping[str, int] = 2,
        percent: Collection[str] = (),
    ) -> None:
        self.header = list(columns)
        formats = [style(name, digits, percent) for name in self.header]
        self.cells = [
            [written(value, *how) for value, how in zip(row, formats, strict=True)]
            for row in (across(columns) if isinstance(columns, Mapping) else down(rows))
        ]

    def __repr__(self) -> str:
        return self._repr_markdown_()

    def _repr_markdown_(self) -> str:
        aligned = ["---:" if any(map(numeric, column)) else "---" for column in zip(*self.cells, strict=True)]
        marks = aligned or ["---"] * len(self.header)
        lines = [self.header, *self.cells]
        body = ["| " + " | ".join(escaped(cell) for cell in line) + " |" for line in lines]
        return "\n".join([body[0], f"|{'|'.join(marks)}|", *body[1:]])


def across(columns: Mapping[str, Iterable[Any]]) -> list[list[Any]]:
    """Las filas de unas columnas; de un diccionario, sus valores."""
    values = [column.values() if isinstance(column, Mapping) else column for column in columns.values()]
    return [list(row) for row in zip(*values, strict=True)]


def down(rows: Iterable[Any] | Mapping[Any, Any]) -> list[list[Any]]:
    """Las filas dadas una a una; de un diccionario, la clave y su valor o sus valores."""
    if not isinstance(rows, Mapping):
        return [list(row) for row in rows]
    return [[key, *([value] if single(value) else value)] for key, value in rows.items()]


def single(value: Any) -> bool:
    """Dice si algo cabe en una celda, y no es una fila de ellas."""
    return (
        isinstance(value, str | Estimate) or not isinstance(value, Iterable) or getattr(value, "ndim", 1) == 0
    )


def style(name: str, digits: int | Mapping[str, int], percent: Collection[str]) -> tuple[int, bool]:
    """Los decimales de una columna y si es de porcentajes, que no llevan ninguno si no se piden."""
    share = name in percent
    if isinstance(digits, Mapping):
        return digits.get(name, 0 if share else 2), share
    return (0 if share else digits), share


def written(value: Any, digits: int, share: bool) -> str:
    """Escribe una celda: un texto, un sí o un no, un número o una estimación con su intervalo.

    >>> written(Estimate(0.5, 0.25, 0.75), 0, True).replace("\u202f", " ")
    '50 % [25; 75]'
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Estimate):
        ends = (100 * value.low, 100 * value.high) if share else (value.low, value.high)
        return f"{written(float(value.value), digits, share)} {interval(*ends, digits)}"
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, bool):
        return "sí" if value else "no"
    if share:
        return percent(value, digits)
    return number(value, 0 if isinstance(value, Integral) else digits)


def numeric(cell: str) -> bool:
    """Dice si una celda es un número o un intervalo: esas columnas se alinean a la derecha."""
    return any(c.isdigit() for c in cell) and not any(c.isalpha() for c in cell)


def escaped(cell: str) -> str:
    """Deja un texto de un modelo tal cual: nada en él se toma por Markdown ni por HTML."""
    text = cell.replace("\n\n", "\n").replace("\n", " ⏎ ")
    return "".join(f"\\{c}" if c in r"\`*_[]<>|$#" else c for c in text)
