"""Un registro de puntuaciones que sobrevive a una interrupción: lo ya puntuado no se puntúa otra vez."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from siguiente.runtime.store import write_atomically

if TYPE_CHECKING:
    from torch import Tensor

WAY_OUT = "use otra carpeta (--out) o empiece de nuevo (--restart)"


@dataclass
class ScoreLog:
    """Las C puntuaciones de cada fila, por número, en un archivo que se escribe entero cada vez.
    Con ellas van los ajustes, que son todo lo que las determina. Se abre con `open`.

    >>> import tempfile
    >>> import torch
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "scores.json"
    ...     with ScoreLog.open(path, {"k": 2}) as log:
    ...         log.append([7], torch.tensor([[-0.5, -1.5]]))
    ...     with ScoreLog.open(path, {"k": 2}) as log:
    ...         log.missing([7, 8])
    [8]
    """

    path: Path
    settings: Mapping[str, Any]
    scores: dict[int, list[float]] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def open(cls, path: Path, settings: Mapping[str, Any], restart: bool = False) -> Iterator["ScoreLog"]:
        """Abre un registro, o lo crea, e impide que otro proceso escriba en él mientras tanto.
        Con `restart`, lo que hubiera se borra. Si se hizo con otros ajustes o está dañado, lo dice.
        """
        with alone(path):
            log = cls(path, json.loads(json.dumps(settings)))
            if path.exists() and not restart:
                log._resume()
            log._save()
            yield log

    def missing(self, rows: Sequence[int]) -> list[int]:
        """Dice qué filas aún no están."""
        return [row for row in rows if row not in self.scores]

    def append(self, rows: Sequence[int], scores: "Tensor") -> None:
        """Añade unas filas con sus puntuaciones, (N, C), y espera a que estén en el disco."""
        self.scores = dict(zip(rows, scores.tolist(), strict=True)) | self.scores
        self._save()

    def tensor(self, rows: Sequence[int]) -> "Tensor":
        """Devuelve las puntuaciones de unas filas, (N, C)."""
        import torch

        return torch.tensor([self.scores[row] for row in rows])

    def _save(self) -> None:
        content = {"settings": self.settings, "scores": sorted(self.scores.items())}
        write_atomically(self.path, json.dumps(content, ensure_ascii=False) + "\n")

    def _resume(self) -> None:
        """Lee lo que había, si se hizo con los mismos ajustes."""
        try:
            content = json.loads(self.path.read_bytes())
            found, self.scores = dict(content["settings"]), dict(content["scores"])
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{self.path} está dañado o no es de este programa: {WAY_OUT}.") from error
        names = [name for name in {**found, **self.settings} if found.get(name) != self.settings.get(name)]
        if names:
            raise ValueError(f"{self.path} se hizo con otros ajustes ({', '.join(names)}): {WAY_OUT}.")


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Toma el turno de un archivo, sin esperar; el sistema lo suelta si el proceso muere."""
    try:
        turn = FileLock(path.with_name(f".{path.name}.lock")).acquire(blocking=False)
    except Timeout as error:
        raise ValueError(f"Otro proceso está escribiendo {path}: espere a que termine.") from error
    except OSError as error:
        raise OSError(f"No se puede escribir en {path.parent}: elija otra carpeta.") from error
    with turn:
        yield
