"""Las tablas que vienen con el paquete."""

import csv
from importlib.resources import files
from typing import Any


def packaged_rows(name: str, package: str = "siguiente.course.data") -> list[dict[str, str]]:
    """Las filas de un CSV que viene en el paquete `package`, cada una por los nombres de sus columnas.

    >>> packaged_rows("tweets.csv")[0]["label"]
    'alimentos'
    """
    lines = (files(package) / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(lines))


def packaged_part(name: str, split: str) -> list[dict[str, str]]:
    """Las filas de una parte de una tabla, sin la columna que lo dice, que es ``split``.

    >>> packaged_part("adverts.csv", "dev")
    Traceback (most recent call last):
    ValueError: No hay una parte «dev». Elija una de estas: examples, test.
    """
    rows = packaged_rows(name)
    parts = dict.fromkeys(row["split"] for row in rows)
    if split not in parts:
        raise ValueError(f"No hay una parte «{split}». Elija una de estas: {', '.join(parts)}.")
    return [row for row in rows if row.pop("split") == split]


def packaged_records(kind: type[Any], name: str, package: str) -> list[Any]:
    """Las filas de un CSV del paquete `package` como `kind`, cada campo del tipo que declara.

    >>> from siguiente.course.alignment.measured_costs import MeasuredStep
    >>> packaged_records(MeasuredStep, "measured_costs.csv", "siguiente.course.alignment")[0].group
    2
    """
    types = kind.__annotations__.items()
    return [kind(*(read(row[field]) for field, read in types)) for row in packaged_rows(name, package)]
