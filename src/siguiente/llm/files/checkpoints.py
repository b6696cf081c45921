"""El modelo ya convertido, en la caché del usuario: se prepara una vez y después se abre sin esperar."""

import hashlib
import json
import os
import sys
from pathlib import Path

from tqdm import tqdm

from siguiente.llm.files.catalogue import ModelCard
from siguiente.llm.files.sources import find, join, verify
from siguiente.runtime.store import build_directory

# Súbase cuando cambie lo que se escribe: una prueba compara el resultado con un resumen y lo recuerda.
CONVERTER_VERSION = 1
BYTES_PER_PARAMETER = 4
MARGIN = 60_000_000  # vocabulario y configuración


def checkpoint_key(card: ModelCard) -> str:
    """Devuelve la clave del modelo convertido: el archivo, la forma de la red y la versión del conversor.

    >>> from siguiente.llm.files.catalogue import card
    >>> checkpoint_key(card("gemma-3-270m")) != checkpoint_key(card("smollm2-135m-instruct"))
    True
    """
    written = json.dumps(
        [CONVERTER_VERSION, card.sha256, card.architecture, dict(card.config)], sort_keys=True
    )
    return hashlib.sha256(written.encode()).hexdigest()


def checkpoint(card: ModelCard, path: Path | str | None = None) -> Path:
    """Devuelve la carpeta con el modelo convertido; la primera vez comprueba el archivo y lo convierte.

    Tiene `config.json`, `model.safetensors` y `tokenizer.json`. El archivo GGUF se busca como dice
    `sources.find`.
    """
    return build_directory(
        card.name,
        checkpoint_key(card),
        lambda target: _prepare(card, path, target),
        needed=card.size + card.parameters * BYTES_PER_PARAMETER + MARGIN,
    )


def _prepare(card: ModelCard, path: Path | str | None, target: Path) -> None:
    """Convierte el archivo, una vez unidos sus trozos en una copia que después se borra."""
    from siguiente.llm.files.conversion import convert

    parts = find(card, path)
    verify(card, parts)
    whole = join(parts, target / card.filename)
    with _progress(card) as bar:
        convert(whole, card, target, bar.update)
    whole.unlink()


def _progress(card: ModelCard) -> tqdm:
    """Una barra de progreso, solo en una terminal y si `TQDM_DISABLE` no la quita."""
    hidden = bool(os.environ.get("TQDM_DISABLE")) or not sys.stderr.isatty()
    total = card.parameters * BYTES_PER_PARAMETER
    return tqdm(desc=f"Preparando {card.title}", total=total, unit="B", unit_scale=True, disable=hidden)
