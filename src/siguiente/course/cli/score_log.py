"""Un registro de puntuaciones que sobrevive a una interrupción: lo ya puntuado no se puntúa otra vez."""

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout
from torch import Tensor

from siguiente.runtime.store import write_atomically

WAY_OUT = "escriba en otra carpeta o empiece de nuevo"


class UnusableLogError(ValueError):
    """Un registro que no se puede seguir: se hizo con otros ajustes o está dañado.
    Se sale escribiendo en otra carpeta o empezando de nuevo, con ``restart`` en :meth:`ScoreLog.open`.
    """


@dataclass
class ScoreLog:
    """Las C puntuaciones de cada fila, por número, en un archivo de JSON por líneas que solo crece.
    La primera línea lleva los ajustes, que son todo lo que determina las puntuaciones; cada una de las demás,
    el número de una fila y sus puntuaciones. Se abre con `open`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "scores.jsonl"
    ...     with ScoreLog.open(path, {"k": 2}) as log:
    ...         log.append([7], torch.tensor([[-0.5, -1.5]]))
    ...     with ScoreLog.open(path, {"k": 2}) as log:
    ...         log.missing([7, 8])
    [8]
    """

    path: Path
    scores: dict[int, list[float]] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def open(cls, path: Path, settings: Mapping[str, Any], restart: bool = False) -> Iterator["ScoreLog"]:
        """Abre un registro, o lo crea, e impide que otro proceso escriba en él mientras tanto. La última
        línea, si quedó a medio escribir, se quita; con `restart`, lo que hubiera se borra. Si se hizo con
        otros ajustes o está dañado, el error es :class:`UnusableLogError` y el archivo queda como estaba.
        """
        if path.is_dir():
            raise OSError(f"{path} es una carpeta, y ahí va un archivo: bórrela o elija otro sitio.")
        with _locked(path):
            log = cls(path)
            if restart or not path.exists() or not path.stat().st_size:
                write_atomically(path, json.dumps({"settings": settings}, ensure_ascii=False) + "\n")
            else:
                log._resume(json.loads(json.dumps(settings)))
            yield log

    def missing(self, rows: Sequence[int]) -> list[int]:
        """Dice qué filas aún no están."""
        return [row for row in rows if row not in self.scores]

    def append(self, rows: Sequence[int], scores: Tensor) -> None:
        """Añade las filas que falten, con sus puntuaciones, (N, C), y espera a que estén en el disco."""
        if scores.ndim != 2 or not scores.isfinite().all() or not self._fits(scores.shape[1]):
            raise ValueError(f"Las puntuaciones deben ser finitas y de forma (N, C), con C fijo: {scores}.")
        found = dict(zip(rows, scores.double().tolist(), strict=True))
        new = {row: found[row] for row in self.missing(rows)}
        lines = [json.dumps({"row": row, "scores": values}) + "\n" for row, values in new.items()]
        with self.path.open("ab") as stream:
            stream.write("".join(lines).encode())
            stream.flush()
            os.fsync(stream.fileno())
        self.scores |= new

    def tensor(self, rows: Sequence[int]) -> Tensor:
        """Devuelve las puntuaciones de unas filas, (N, C)."""
        return torch.tensor([self.scores[row] for row in rows])

    def _resume(self, settings: Mapping[str, Any]) -> None:
        """Lee las líneas completas, compara los ajustes y quita la línea que quedó sin terminar."""
        data = self.path.read_bytes()
        for number, line in enumerate(data.split(b"\n")[:-1] or [b""], 1):
            fact = _parsed(line)
            if number == 1 and isinstance(found := fact.get("settings"), dict):
                self._compare(found, settings)
            elif number > 1 and self._is_row(fact):
                self.scores[fact["row"]] = fact["scores"]
            else:
                raise UnusableLogError(f"La línea {number} de {self.path} está dañada: {WAY_OUT}.")
        os.truncate(self.path, data.rindex(b"\n") + 1)

    def _compare(self, found: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        names = [name for name in {**found, **settings} if found.get(name) != settings.get(name)]
        if names:
            raise UnusableLogError(f"{self.path} se hizo con otros ajustes ({', '.join(names)}): {WAY_OUT}.")

    def _is_row(self, fact: dict[str, Any]) -> bool:
        """Dice si una línea tiene una fila nueva y tantos números finitos como las demás."""
        row, values = fact.get("row"), fact.get("scores")
        if fact.keys() != {"row", "scores"} or type(row) is not int or not isinstance(values, list):
            return False
        numbers = all(type(value) is float and math.isfinite(value) for value in values)
        return numbers and row not in self.scores and self._fits(len(values))

    def _fits(self, width: int) -> bool:
        known = next(iter(self.scores.values()), None)
        return width > 0 if known is None else width == len(known)


def _parsed(line: bytes) -> dict[str, Any]:
    """Lee un objeto de JSON; vacío si la línea no lo es."""
    try:
        fact = json.loads(line)
    except ValueError:
        return {}
    return fact if isinstance(fact, dict) else {}


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Toma el turno de un archivo, sin esperar; el sistema lo suelta si el proceso muere."""
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise ValueError(f"Otro proceso está escribiendo {path}: espere a que termine.") from error
    except OSError as error:
        raise OSError(f"No se puede escribir en {path.parent}: elija otra carpeta.") from error
    try:
        yield
    finally:
        lock.release()
