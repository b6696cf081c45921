"""El catálogo: las fichas de los modelos, que están en `catalogue.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class PackagedFile:
    """Un archivo dentro de un paquete de Python: nombre con que se instala y ruta dentro de él."""

    distribution: str
    path: str


@dataclass(frozen=True)
class HubFile:
    """Un archivo del repositorio público de modelos: repositorio, versión y nombre."""

    repository: str
    revision: str
    path: str


@dataclass(frozen=True)
class ModelCard:
    """Lo que el curso sabe de un modelo antes de abrirlo.

    Attributes
    ----------
    kind : {"base", "chat", "encoder"}
        `base` solo continúa textos; `chat` sigue instrucciones, con su plantilla; `encoder` da un vector.
    quantisation : str
        Formato de los pesos en el archivo; se calcula con ellos ya descuantizados a float32.
    notice : str
        Aviso que se muestra donde se usa el modelo.
    architecture : {"gemma3", "llama", "bert"}
        Familia, con el nombre que usa el archivo GGUF o, si no lo hay, la configuración.
    config : Mapping
        Forma de la red, con los nombres de transformers.
    bos_id, eos_id : int or None
        Tokens de comienzo y de final; `None` si el modelo no se usa con ese token.
    size : int
        Bytes del archivo entero, del que `sha256` es el resumen.
    packaged : tuple of PackagedFile
        Los trozos del archivo, en orden, dentro de los paquetes que instala la orden `install`.
    hub : HubFile
        El mismo archivo en el repositorio público.
    """

    name: str
    title: str
    kind: Literal["base", "chat", "encoder"]
    parameters: int
    quantisation: str
    licence: str
    notice: str
    architecture: Literal["gemma3", "llama", "bert"]
    config: Mapping[str, object]
    bos_id: int | None
    eos_id: int
    filename: str
    size: int
    sha256: str
    packaged: tuple[PackagedFile, ...]
    install: str
    hub: HubFile


def read_card(written: Mapping[str, Any]) -> ModelCard:
    """Una ficha tal como está en el archivo; el token de comienzo que no está allí no se usa."""
    parts = tuple(PackagedFile(**part) for part in written["packaged"])
    facts: dict[str, Any] = {"bos_id": None, **written, "packaged": parts, "hub": HubFile(**written["hub"])}
    return ModelCard(**facts)


_WRITTEN = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf8"))
GEMMA = read_card(_WRITTEN["gemma"])
SMOLLM2 = read_card(_WRITTEN["smollm2"])
MINILM = read_card(_WRITTEN["minilm"])
# Su tokenizador es otro archivo, y se busca y se comprueba igual.
MINILM_TOKENIZER = read_card(_WRITTEN["minilm"] | _WRITTEN["minilm-tokenizer"])
CATALOGUE = (GEMMA, SMOLLM2)  # los que continúan textos


def card(name: str) -> ModelCard:
    """Devuelve la ficha de un modelo del catálogo por su nombre.

    >>> card("gemma-3-270m").kind
    'base'
    """
    known = {model.name: model for model in CATALOGUE}
    if name not in known:
        raise ValueError(f"El curso no conoce el modelo {name!r}. Conoce estos: {', '.join(known)}.")
    return known[name]
