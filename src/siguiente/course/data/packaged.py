"""Las tablas que vienen con el paquete."""

import csv
from importlib.resources import files


def packaged_rows(name: str, package: str = "siguiente.course.data") -> list[dict[str, str]]:
    """Las filas de un CSV que viene en el paquete `package`, cada una por los nombres de sus columnas.

    Examples
    --------
    >>> packaged_rows("tweets.csv")[0]["label"]
    'alimentos'
    """
    lines = (files(package) / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(lines))
