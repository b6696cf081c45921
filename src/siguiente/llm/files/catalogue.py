"""El catálogo: las fichas de los modelos, que están en `catalogue.toml`."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
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
        Tokens de comienzo y de final; sin el primero, el modelo no se usa con él.
    size : int
        Bytes del archivo entero, del que `sha256` es el resumen.
    packaged : sequence of Mapping
        Los trozos del archivo, en orden: la distribución (`distribution`), de las que instala la orden
        `install`, y la ruta dentro de ella (`path`).
    hub : Mapping
        El mismo archivo en el repositorio público, con los nombres de huggingface_hub: `repo_id`, `revision`
        y `filename`.
    """

    name: str
    title: str
    kind: Literal["base", "chat", "encoder"]
    parameters: int
    quantisation: str
    licence: str
    notice: str
    architecture: Literal["gemma3", "llama", "bert"]
    config: Mapping[str, Any]
    bos_id: int | None = None
    eos_id: int
    filename: str
    size: int
    sha256: str
    packaged: Sequence[Mapping[str, str]]
    install: str
    hub: Mapping[str, str]


_WRITTEN = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf8"))
GEMMA = ModelCard(**_WRITTEN["gemma"])
SMOLLM2 = ModelCard(**_WRITTEN["smollm2"])
MINILM = ModelCard(**_WRITTEN["minilm"])
# Su tokenizador es otro archivo, y se busca y se comprueba igual.
MINILM_TOKENIZER = ModelCard(**_WRITTEN["minilm"] | _WRITTEN["minilm-tokenizer"])
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
