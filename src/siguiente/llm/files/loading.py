"""Abrir un modelo por su nombre."""

import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from siguiente.llm.files.catalogue import ModelCard, card
from siguiente.llm.files.checkpoints import checkpoint
from siguiente.runtime.store import whole_path

if TYPE_CHECKING:
    from siguiente.language_models.protocol import TextModel
    from siguiente.llm.files.tokenizer import PretrainedTokenizer
    from siguiente.llm.pretrained import PretrainedModel


def load(name: str, path: Path | str | None = None) -> "TextModel[PretrainedModel]":
    """Abre un modelo preentrenado, listo para usarse con texto.

    La primera vez comprueba el archivo del modelo y lo convierte; después se abre en pocos segundos.

    Parameters
    ----------
    name : str
        Nombre del modelo en el catálogo: `gemma-3-270m` o `smollm2-135m-instruct`.
    path : Path or str, optional
        El archivo GGUF o su carpeta, si no está instalado como paquete. También vale la carpeta de los pesos
        oficiales, sin cuantizar, como se publican en safetensors: esos se abren como están.

    Returns
    -------
    TextModel
        El modelo con su tokenizador. Sus pesos se guardaron con 4 a 8 bits: las probabilidades son las de esa
        versión cuantizada, no las del modelo original.

    Examples
    --------
    >>> from siguiente.llm import load
    >>> model = load("gemma-3-270m")
    >>> logits, state = model.model.step(model.prompt("Uno, dos, tres, cuatro,"))
    >>> model.decode(logits[0].argmax(-1))
    ' cinco'
    """
    return load_card(card(name), path)


@cache
def opened(name: str) -> "TextModel[PretrainedModel]":
    """El modelo que da :func:`load`, abierto una sola vez en cada proceso."""
    return load(name)


def load_card(card: ModelCard, path: Path | str | None = None) -> "TextModel[PretrainedModel]":
    """Abre el modelo de una ficha, esté o no en el catálogo; `path` es como el de :func:`load`."""
    from siguiente.language_models.protocol import TextModel
    from siguiente.llm.files.tokenizer import PretrainedTokenizer
    from siguiente.llm.pretrained import PretrainedModel, open_network

    sys.audit("siguiente.resource", f"model:{card.name}")
    given = None if path is None else whole_path(path)
    if given is not None and not given.exists():
        raise FileNotFoundError(f"No existe {given}: indique {card.filename} o la carpeta que lo tiene.")
    folder = given if given is not None and is_network(given) else checkpoint(card, given)
    network = open_network(folder)
    model = PretrainedModel(network, network.config.vocab_size, network.config.max_position_embeddings)
    return TextModel(model, PretrainedTokenizer.from_folder(folder, card))


def load_pretrained_tokenizer(name: str) -> "PretrainedTokenizer":
    """Abre solo el tokenizador de un modelo del catálogo, sin leer sus pesos, que convierte la primera vez.

    >>> tokenizer = load_pretrained_tokenizer("gemma-3-270m")
    >>> [tokenizer.token_bytes(token).decode() for token in tokenizer.encode("El pingüino")]
    ['El', ' ping', 'ü', 'ino']
    """
    from siguiente.llm.files.tokenizer import PretrainedTokenizer

    known = card(name)
    sys.audit("siguiente.resource", f"model:{name}")
    return PretrainedTokenizer.from_folder(checkpoint(known), known)


def is_network(folder: Path) -> bool:
    """Dice si una carpeta tiene una red publicada en safetensors, con su configuración y su tokenizador."""
    return all((folder / name).is_file() for name in ("config.json", "model.safetensors", "tokenizer.json"))
