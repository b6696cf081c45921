"""De dónde sale el archivo de un modelo, y la comprobación de que es el que debe ser."""

import hashlib
import io
import os
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path

from siguiente.llm.files.catalogue import ModelCard
from siguiente.runtime.store import chosen_folder, whole_path

BLOCK = 1 << 22
Progress = Callable[[int], object]


class JoinedFile(io.RawIOBase):
    """Varios archivos leídos como uno solo, sin escribir otra copia."""

    def __init__(self, parts: Sequence[Path]) -> None:
        self.streams = [part.open("rb") for part in parts]
        sizes = [part.stat().st_size for part in parts]
        self.starts = [sum(sizes[:i]) for i in range(len(sizes) + 1)]
        self.position = 0

    def readable(self) -> bool:
        """Dice que se puede leer."""
        return True

    def seekable(self) -> bool:
        """Dice que se puede saltar a cualquier posición."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Salta a una posición del archivo entero."""
        origin = (0, self.position, self.starts[-1])[whence]
        self.position = origin + offset
        return self.position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Llena `buffer` con lo que sigue, sin pasar del trozo actual."""
        part = sum(start <= self.position for start in self.starts) - 1
        if part >= len(self.streams):
            return 0
        self.streams[part].seek(self.position - self.starts[part])
        count = self.streams[part].readinto(buffer)
        self.position += count
        return count

    def close(self) -> None:
        """Cierra los trozos."""
        for stream in getattr(self, "streams", []):
            stream.close()
        super().close()


def find(card: ModelCard, path: Path | str | None = None) -> tuple[Path, ...]:
    """Busca el archivo GGUF de un modelo, o sus trozos en orden.

    El orden es: `path`, que es el archivo o su carpeta; la carpeta de la variable de entorno
    `SIGUIENTE_MODELS`; el paquete de Python que lo lleva; y el repositorio público, solo si `SIGUIENTE_HUB=1`
    lo permite.
    """
    if path is not None:
        file = whole_path(path) / card.filename if whole_path(path).is_dir() else whole_path(path)
        if not file.is_file():
            raise FileNotFoundError(f"No existe {file}: indique {card.filename} o la carpeta que lo tiene.")
        return (file,)
    if folder := chosen_folder("SIGUIENTE_MODELS"):
        local = folder / card.filename
        if local.is_file():
            return (local,)
    if packaged := _packaged(card):
        return packaged
    if os.environ.get("SIGUIENTE_HUB") == "1":
        return (_downloaded(card),)
    raise FileNotFoundError(
        f"Falta el archivo de {card.title}. Instálelo con `{card.install}`, o ponga {card.filename} en una "
        "carpeta e indíquela en SIGUIENTE_MODELS, o permita descargarlo con SIGUIENTE_HUB=1."
    )


def _packaged(card: ModelCard) -> tuple[Path, ...]:
    """Devuelve los archivos del paquete, sin importarlo; vacío si no está instalado."""
    try:
        parts = [Path(str(metadata.distribution(p.distribution).locate_file(p.path))) for p in card.packaged]
    except metadata.PackageNotFoundError:
        return ()
    for part in parts:
        if not part.is_file():
            raise FileNotFoundError(f"Al paquete de {card.title} le falta {part.name}. {_reinstall(card)}")
    return tuple(parts)


def _reinstall(card: ModelCard) -> str:
    return f"Reinstálelo con `{card.install} --force-reinstall`."


def _downloaded(card: ModelCard) -> Path:
    from huggingface_hub import hf_hub_download  # solo si el usuario permite la red

    hub = card.hub
    try:
        return Path(hf_hub_download(hub.repository, hub.path, revision=hub.revision))
    except OSError as error:
        problem = f"No se pudo descargar {hub.path} de {hub.repository} ({error})."
        raise FileNotFoundError(f"{problem} Instálelo con `{card.install}`.") from error


def verify(card: ModelCard, parts: Sequence[Path], progress: Progress = lambda count: None) -> None:
    """Comprueba el tamaño y el SHA-256 del archivo entero; `progress` recibe los bytes recién leídos."""
    size = sum(part.stat().st_size for part in parts)
    if size != card.size:
        raise ValueError(_wrong(card, parts, f"tiene {size} bytes y debe tener {card.size}"))
    digest = hashlib.sha256()
    with JoinedFile(parts) as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
            progress(len(block))
    if digest.hexdigest() != card.sha256:
        raise ValueError(_wrong(card, parts, f"su SHA-256 no es {card.sha256[:12]}…"))


def _wrong(card: ModelCard, parts: Sequence[Path], reason: str) -> str:
    problem = f"El archivo de {card.title} está dañado o no es el publicado: {reason} ({parts[0]})."
    return f"{problem} {_reinstall(card)}"
