"""Seguir un entrenamiento donde quedó: el punto de control se escribe entero o nada, y se comprueba."""

import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from siguiente.runtime.store import write_atomically

# Lo primero del archivo: así se distingue de cualquier otro.
MARK = b"siguiente.training.1\n"
DIGEST_SIZE = 32
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")  # la de un objeto cambia de un proceso a otro
Report = TypeVar("Report")
FRESH = "bórrelo para empezar de nuevo, o indique otro archivo."


class DivergedError(ValueError):
    """La pérdida o su gradiente dejaron de ser números finitos; el mensaje dice cuándo y qué probar."""


def digest(data: bytes) -> bytes:
    """Suma de control de unos bytes, SHA-256."""
    return hashlib.sha256(data).digest()


def fingerprint(
    learned: nn.Module,
    text: Tensor,
    config: object,
    held_out: Tensor | None = None,
    start: nn.Module | None = None,
) -> dict[str, str]:
    """Lo que identifica un entrenamiento: la configuración, la forma del modelo y los textos.

    También los pesos de `start`, el modelo de partida, si con él se compara lo que se va aprendiendo.

    >>> import torch
    >>> fingerprint(torch.nn.Linear(1, 1), torch.tensor([1]), "la de siempre")["la configuración"]
    'la de siempre'
    """
    shapes = {name: tuple(value.shape) for name, value in learned.state_dict().items()}
    identity = {
        "la configuración": ADDRESS.sub("", str(config)),
        "el modelo": f"{type(learned).__name__} {getattr(learned, 'config', '')} {shapes}",
        "el texto": digest(text.numpy().tobytes()).hex(),
        "el texto apartado": "ninguno" if held_out is None else digest(held_out.numpy().tobytes()).hex(),
    }
    return identity if start is None else identity | {"el modelo de partida": weights_digest(start)}


def weights_digest(model: nn.Module) -> str:
    """Suma de control de los pesos de un modelo.

    >>> import torch
    >>> net = torch.nn.Linear(1, 1)
    >>> before, _ = weights_digest(net), torch.nn.init.zeros_(net.weight)
    >>> weights_digest(net) == before
    False
    """
    found = hashlib.sha256()
    for value in model.state_dict().values():
        found.update(value.cpu().flatten().view(torch.uint8).numpy())
    return found.hexdigest()


class Progress(Generic[Report]):
    """Lo que un entrenamiento lleva hecho: los informes que dio, en `log`, y el archivo en que se guarda.

    Al crearlo se cargan los pesos y el optimizador que hubiera en el archivo, cuya carpeta debe existir. El
    de otro entrenamiento, con otra :func:`fingerprint`, no se usa. `report` rehace un informe de lo que se
    guardó de él.

    >>> import tempfile
    >>> net = torch.nn.Linear(1, 1)
    >>> optimizer = torch.optim.AdamW(net.parameters())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for _ in range(2):
    ...         run = Progress(Path(folder) / "net.pt", {"el texto": "uno"}, net, optimizer, float)
    ...         print(list(run.reports(iter([1.5]))))
    [1.5]
    [1.5, 1.5]
    """

    def __init__(
        self,
        path: Path | None,
        identity: Mapping[str, str],
        learned: nn.Module,
        optimizer: Optimizer,
        report: Callable[..., Report],
    ) -> None:
        self.path, self.identity, self.learned, self.optimizer = path, identity, learned, optimizer
        self.log = [] if path is None or not path.exists() else [report(*row) for row in self._restore(path)]

    def reports(self, new: Iterator[Report], every: int = 1, last: int | None = None) -> Iterator[Report]:
        """Da los informes de antes y los nuevos, y guarda lo aprendido cada `every` y en el número `last`.

        Los nuevos son el entrenamiento: quien lo interrumpa y lo repita obtiene lo mismo que sin parar.
        """
        yield from self.log
        try:
            for report in new:
                self.log.append(report)
                if self.path is not None and (len(self.log) % every == 0 or len(self.log) == last):
                    self._save(self.path)
                yield report
        except DivergedError as error:
            if self.path is None or not self.path.exists():
                raise
            kept = f"{self.path} conserva los pesos del último informe."
            raise DivergedError(f"{error} {kept}") from error.__cause__

    def _save(self, path: Path) -> None:
        """Escribe los pesos, el estado del optimizador y los informes, enteros o nada."""
        rows = [tuple(report) if isinstance(report, tuple) else (report,) for report in self.log]
        content = {"identity": dict(self.identity), "log": rows}
        content |= {"model": self.learned.state_dict(), "optimizer": self.optimizer.state_dict()}
        torch.save(content, buffer := io.BytesIO())
        data = buffer.getvalue()
        write_atomically(path, MARK + digest(data) + data)

    def _restore(self, path: Path) -> list[tuple[Any, ...]]:
        """Carga lo guardado y devuelve lo que se anotó de cada informe."""
        content = torch.load(io.BytesIO(checked(path)), weights_only=True)
        for name, value in self.identity.items():
            if content["identity"].get(name) != value:
                raise ValueError(f"{path} es de otro entrenamiento: no coincide {name}; {FRESH}")
        self.learned.load_state_dict(content["model"])
        self.optimizer.load_state_dict(content["optimizer"])
        rows: list[tuple[Any, ...]] = content["log"]
        return rows


def checked(path: Path) -> bytes:
    """Lee un punto de control y comprueba su suma de control."""
    if path.is_dir():
        raise ValueError(f"{path} es una carpeta: dé el nombre de un archivo dentro de ella.")
    content = path.read_bytes()
    stored, data = content[len(MARK) :][:DIGEST_SIZE], content[len(MARK) + DIGEST_SIZE :]
    if not MARK.startswith(content[: len(MARK)]):
        raise ValueError(f"{path} no es un punto de control del curso: indique otro archivo.")
    if digest(data) != stored:
        raise ValueError(f"El punto de control {path} está dañado o incompleto: {FRESH}")
    return data
