"""Qué modelo se abre: uno del catálogo, el asistente del curso, un adaptador propio, o uno de otros."""

from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from siguiente.language_models.protocol import TextModel
    from siguiente.language_models.sampling import Choose

ASSISTANT = "assistant"
MODEL = """un nombre de `siguiente models`, una carpeta, un archivo .gguf, un nombre de Hugging Face
(dueño/modelo) o una política de los cuentos (%(default)s)"""
WEIGHTS = ".safetensors"  # así acaba el nombre de una política: las órdenes que ajustan la de los cuentos
# El asistente se ajustó con peticiones sueltas: de una conversación lee solo la última.
TEMPLATE = "{{ bos_token }}Petición: {{ messages[-1].content }}\nRespuesta:"


def add_model(parser: Any, model: str = "gemma-3-270m") -> None:
    """Añade qué modelo se usa, y el adaptador que se le pone."""
    add = parser.add_argument
    add(
        "--model",
        default=model,
        metavar="MODELO",
        help=MODEL,
    )
    add("--adapter", type=Path, metavar="ARCHIVO", help="lo que escribió siguiente assistant, sobre Gemma")


def add_choosing(parser: Any, temperature: float) -> None:
    """Añade cómo se elige cada token."""
    from siguiente.course.cli.command import add_seed, real

    add = parser.add_argument
    add(
        "--temperature",
        type=real(0),
        default=temperature,
        metavar="X",
        help="con 0, lo más probable (%(default)s)",
    )
    add(
        "--top-p",
        type=real(0, above=True),
        default=0.9,
        metavar="X",
        help="quita la cola; con 1, nada (%(default)s)",
    )
    add_seed(parser)


def chooser(options: Namespace) -> "Choose":
    """Cómo se elige cada token, según las opciones de `add_choosing`."""
    from functools import partial

    import torch

    from siguiente.language_models.decoding import top_p
    from siguiente.language_models.sampling import greedy, sampler

    if not options.temperature:
        return greedy
    filters = [partial(top_p, p=options.top_p)] if options.top_p < 1 else []
    return sampler(torch.Generator().manual_seed(options.seed), options.temperature, filters)


def open_model(options: Namespace) -> "TextModel[Any]":
    """Abre aquí el modelo que se pide, esté donde esté, con el adaptador si lo hay."""
    from siguiente.llm.files import foreign, loading
    from siguiente.llm.files.folder import is_folder, load_folder

    if options.adapter is not None:
        return with_adapter(options.adapter)
    if options.model == ASSISTANT:
        from siguiente.course.alignment.spanish_assistant import load_assistant

        return answering(load_assistant())
    if options.model.endswith(WEIGHTS):
        from siguiente.course.cli.own_data import open_policy

        return open_policy(Path(options.model))
    if options.model.endswith(foreign.GGUF):
        return foreign.load_gguf(Path(options.model))
    if foreign.is_hub_name(options.model):
        return foreign.load_hub(options.model)
    if is_folder(options.model):
        return load_folder(Path(options.model))
    return loading.load(options.model)


def with_adapter(path: Path) -> "TextModel[Any]":
    """Gemma con un adaptador propio, que responde a peticiones."""
    from siguiente.alignment.lora import load_adapter
    from siguiente.course.alignment.spanish_assistant import BASE, base_key
    from siguiente.llm.files import loading

    if not path.is_file():
        raise ValueError(
            f"No existe {path}: indique el adapter.safetensors que escribió siguiente assistant."
        )
    model = loading.load(BASE)
    load_adapter(path, model.model.network, base_key())
    model.model.network.requires_grad_(False)
    return answering(model)


def answering(model: "TextModel[Any]") -> "TextModel[Any]":
    """El mismo modelo, con la plantilla con que el asistente aprendió a responder."""
    tokenizer: Any = model.tokenizer
    return replace(model, tokenizer=replace(tokenizer, chat_template=TEMPLATE))
