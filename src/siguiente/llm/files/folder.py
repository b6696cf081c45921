"""Abrir cualquier modelo causal guardado como los de transformers: el que usted entrenó, o el de otros."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from siguiente.language_models.protocol import TextModel
    from siguiente.llm.pretrained import PretrainedModel

CONFIG, TOKENIZER = "config.json", "tokenizer.json"
PACKED = {"gemma3_text", "llama"}  # las familias con que se comprobó que leer ramas juntas da lo mismo


def is_folder(name: str) -> bool:
    """Dice si un nombre es el de una carpeta, y no el de un modelo del catálogo.

    >>> is_folder("gemma-3-270m"), is_folder("./mi_gpt")
    (False, True)
    """
    return Path(name).is_dir() or "/" in name or "\\" in name


def load_folder(folder: Path) -> "TextModel[PretrainedModel]":
    """Abre un modelo causal de una carpeta con `config.json`, los pesos en safetensors y `tokenizer.json`.

    De la carpeta salen también su plantilla de chat y sus tokens de comienzo y de final; el de comienzo se
    pone solo si su tokenizador lo pone. No se ejecuta código de la carpeta ni se pide nada a la red.
    """
    for name in (CONFIG, TOKENIZER):
        if not (folder / name).is_file():
            raise ValueError(
                f"En {folder} falta {name}: indique la carpeta de un modelo guardado con transformers."
            )
    return load_causal(folder, f"el modelo de {folder}", local_files_only=True)


def load_causal(source: Path | str, told: str, **where: Any) -> "TextModel[PretrainedModel]":
    """Abre con transformers un modelo causal; si no puede, el error lo llama como dice `told`.

    `where` son opciones de su `from_pretrained`, para la red y para el tokenizador.
    """
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils.logging import disable_progress_bar

    from siguiente.language_models.protocol import TextModel
    from siguiente.llm.fast.piecewise import PiecewiseModel, StepwiseModel
    from siguiente.llm.files.tokenizer import PretrainedTokenizer

    disable_progress_bar()  # es de un segundo, y en inglés
    try:
        network = AutoModelForCausalLM.from_pretrained(source, dtype="float32", **where)
        theirs = AutoTokenizer.from_pretrained(source, **where)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ValueError(f"transformers no puede abrir {told}: {error}") from error
    starts = theirs.bos_token_id is not None and theirs("a").input_ids[:1] == [theirs.bos_token_id]
    limit = getattr(network.config, "max_position_embeddings", None) or 0
    kind = PiecewiseModel if network.config.model_type in PACKED else StepwiseModel
    model = kind(network.requires_grad_(False).eval(), network.config.vocab_size, limit)
    tokenizer = PretrainedTokenizer(
        theirs.backend_tokenizer,
        theirs.bos_token_id if starts else None,
        theirs.eos_token_id,
        where.get("gguf_file", Path(source).name),
        theirs.get_chat_template() if theirs.chat_template else None,
    )
    return TextModel(model, tokenizer)
