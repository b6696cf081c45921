"""Las tablas que vienen con el paquete."""

import csv
from importlib.resources import files


def packaged_rows(name: str, package: str = "siguiente.course.data") -> list[dict[str, str]]:
    """Las filas de un CSV que viene con el curso, cada una por los nombres de sus columnas.

    Parameters
    ----------
    name : str
        El archivo.
    package : str
        El paquete que lo trae.

    Examples
    --------
    >>> packaged_rows("tweets.csv")[0]["label"]
    'alimentos'
    """
    lines = (files(package) / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(lines))
