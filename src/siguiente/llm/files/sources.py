"""De dónde sale el archivo de un modelo, y la comprobación de que es el que debe ser."""

import hashlib
import os
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from siguiente.llm.files.catalogue import ModelCard
from siguiente.runtime.store import chosen_folder, whole_path


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
        parts = [
            Path(str(metadata.distribution(part["distribution"]).locate_file(part["path"])))
            for part in card.packaged
        ]
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

    repository, file = card.hub["repo_id"], card.hub["filename"]
    try:
        return Path(hf_hub_download(repository, file, revision=card.hub["revision"]))
    except OSError as error:
        problem = f"No se pudo descargar {file} de {repository} ({error})."
        raise FileNotFoundError(f"{problem} Instálelo con `{card.install}`.") from error


def verify(card: ModelCard, parts: Sequence[Path]) -> None:
    """Comprueba el tamaño y el SHA-256 de un archivo entero, dado por sus trozos en orden."""
    size = sum(part.stat().st_size for part in parts)
    if size != card.size:
        problem = f"tiene {size} bytes y debe tener {card.size}"
    elif sha256(parts) != card.sha256:
        problem = f"su SHA-256 no es {card.sha256[:12]}…"
    else:
        return
    raise ValueError(
        f"El archivo de {card.title} está dañado o no es el publicado: {problem} ({parts[0]}). "
        f"{_reinstall(card)}"
    )


def sha256(parts: Sequence[Path]) -> str:
    """El resumen de unos trozos, leídos como un solo archivo."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.read_bytes())
    return digest.hexdigest()


def join(parts: Sequence[Path], target: Path) -> Path:
    """Une unos trozos, en orden, en el archivo `target`."""
    with target.open("wb") as file:
        for part in parts:
            file.write(part.read_bytes())
    return target
