"""Seguir un entrenamiento donde quedó: el punto de control se escribe entero o nada, y se comprueba."""

import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

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


def fingerprint(model: nn.Module, stream: Tensor, config: object, held_out: Tensor | None) -> dict[str, str]:
    """Lo que identifica un entrenamiento: la configuración, la forma del modelo y los textos.

    >>> import torch
    >>> fingerprint(torch.nn.Linear(1, 1), torch.tensor([1]), "la de siempre", None)["la configuración"]
    'la de siempre'
    """
    shapes = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    return {
        "la configuración": ADDRESS.sub("", str(config)),
        "el modelo": f"{type(model).__name__} {getattr(model, 'config', '')} {shapes}",
        "el texto": digest(stream.numpy().tobytes()).hex(),
        "el texto apartado": "ninguno" if held_out is None else digest(held_out.numpy().tobytes()).hex(),
    }


@dataclass(frozen=True)
class Checkpoint:
    """Guarda y recupera un entrenamiento en un archivo, cuya carpeta debe existir.

    Su identidad es lo que devuelve :func:`fingerprint`: un archivo de otro entrenamiento no se usa.

    >>> import tempfile
    >>> net = torch.nn.Linear(1, 1)
    >>> optimizer = torch.optim.AdamW(net.parameters())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     checkpoint = Checkpoint(Path(folder) / "net.pt", {"el texto": "uno"})
    ...     checkpoint.save(net, optimizer, [(0, 0, 2.5, None)])
    ...     checkpoint.restore(net, optimizer)
    [(0, 0, 2.5, None)]
    """

    path: Path
    identity: Mapping[str, str]

    def save(self, model: nn.Module, optimizer: Optimizer, log: list[tuple[Any, ...]]) -> None:
        """Escribe los pesos, el estado del optimizador y los informes, enteros o nada."""
        content = {"identity": dict(self.identity), "log": log}
        content |= {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
        torch.save(content, buffer := io.BytesIO())
        data = buffer.getvalue()
        write_atomically(self.path, MARK + digest(data) + data)

    def restore(self, model: nn.Module, optimizer: Optimizer) -> list[tuple[Any, ...]]:
        """Carga lo guardado y devuelve los informes; si no hay archivo, ninguno y no toca nada."""
        if not self.path.exists():
            return []
        content = torch.load(io.BytesIO(self._data()), weights_only=True)
        for name, value in self.identity.items():
            if content["identity"].get(name) != value:
                raise ValueError(f"{self.path} es de otro entrenamiento: no coincide {name}; {FRESH}")
        model.load_state_dict(content["model"])
        optimizer.load_state_dict(content["optimizer"])
        return [tuple(report) for report in content["log"]]

    def _data(self) -> bytes:
        """Lee el archivo y comprueba su suma de control."""
        if self.path.is_dir():
            raise ValueError(f"{self.path} es una carpeta: dé el nombre de un archivo dentro de ella.")
        content = self.path.read_bytes()
        stored, data = content[len(MARK) :][:DIGEST_SIZE], content[len(MARK) + DIGEST_SIZE :]
        if not MARK.startswith(content[: len(MARK)]):
            raise ValueError(f"{self.path} no es un punto de control del curso: indique otro archivo.")
        if digest(data) != stored:
            raise ValueError(f"El punto de control {self.path} está dañado o incompleto: {FRESH}")
        return data


def resume(
    checkpoint: Path | None,
    identity: Mapping[str, str],
    learned: nn.Module,
    optimizer: Optimizer,
    report: Callable[..., Report],
    steps: Callable[[list[Report]], Iterator[Report]],
    every: int = 1,
    last: int | None = None,
) -> Iterator[Report]:
    """Da los informes de un entrenamiento interrumpido y los que faltan, y guarda lo aprendido cada `every`.

    Quien interrumpa y repita la llamada obtiene lo mismo que sin parar. `report` rehace un informe de lo que
    se guardó de él; `steps` es el bucle, que de la lista de los informes que ya hay, que va creciendo, da los
    que faltan; `last` son los que habrá al final, que se guardan siempre.
    """
    saved = None if checkpoint is None else Checkpoint(checkpoint, identity)
    log = [] if saved is None else [report(*row) for row in saved.restore(learned, optimizer)]
    yield from tuple(log)
    try:
        for made in steps(log):
            log.append(made)
            if saved is not None and (len(log) % every == 0 or len(log) == last):
                rows = [one if isinstance(one, tuple) else (one,) for one in log]
                saved.save(learned, optimizer, [tuple(row) for row in rows])
            yield made
    except DivergedError as error:
        if saved is None or not saved.path.exists():
            raise
        kept = f"{saved.path} conserva los pesos del último informe."
        raise DivergedError(f"{error} {kept}") from error.__cause__
