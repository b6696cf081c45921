"""Abrir un modelo causal que no es del curso: un archivo GGUF suelto o un nombre del repositorio público."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from siguiente.llm.files.folder import load_causal

if TYPE_CHECKING:
    from siguiente.language_models.protocol import TextModel
    from siguiente.llm.files.catalogue import ModelCard
    from siguiente.llm.pretrained import PretrainedModel

GGUF, MAGIC = ".gguf", b"GGUF"
NAME = re.compile(r"[\w-][\w.-]*/[\w.-]*[\w-]", re.ASCII)


def is_hub_name(name: str) -> bool:
    """Dice si un nombre es como los del repositorio público, dueño y modelo, y no hay una carpeta que así se
    llame.

    >>> [is_hub_name(name) for name in ("Qwen/Qwen3-0.6B", "gemma-3-270m", "./mi_gpt", "a/b/c")]
    [True, False, False, False]
    """
    return bool(NAME.fullmatch(name)) and not Path(name).exists()


def load_hub(name: str) -> "TextModel[PretrainedModel]":
    """Abre un modelo del repositorio público: el ya descargado o, si `SIGUIENTE_HUB=1` lo permite, de la red.

    No se ejecuta código del repositorio.
    """
    allowed = os.environ.get("SIGUIENTE_HUB") == "1"
    if not allowed and not downloaded(name):
        raise ValueError(
            f"«{name}» no es una carpeta de este equipo ni un modelo ya descargado: corrija el nombre o "
            "permita descargarlo con SIGUIENTE_HUB=1."
        )
    return load_causal(name, f"«{name}»", local_files_only=not allowed)


def downloaded(name: str) -> bool:
    """Dice si huggingface_hub guarda en este equipo la configuración de un modelo."""
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(name, "config.json"), str)


def load_gguf(path: Path) -> "TextModel[PretrainedModel]":
    """Abre un archivo GGUF, con los pesos descuantizados; si es uno del catálogo, como el curso lo abre."""
    from siguiente.llm.files import loading

    check_gguf(path)
    if card := known_card(path):
        return loading.load(card.name, path)
    return load_causal(path.resolve().parent, f"{path}", gguf_file=path.name, local_files_only=True)


def check_gguf(path: Path) -> None:
    """Comprueba que un archivo está y empieza como los GGUF."""
    if not path.is_file():
        raise ValueError(f"No existe el archivo {path}: corrija la ruta de --model.")
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise ValueError(f"{path} no es un archivo GGUF, o está incompleto: descárguelo otra vez.")


def known_card(path: Path) -> "ModelCard | None":
    """La ficha del catálogo cuyo archivo es este, si lo es."""
    from siguiente.llm.files.catalogue import CATALOGUE
    from siguiente.llm.files.sources import sha256

    same = [card for card in CATALOGUE if card.size == path.stat().st_size]
    return next((card for card in same if card.sha256 == sha256([path])), None)
