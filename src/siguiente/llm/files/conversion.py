"""De un archivo GGUF, con los pesos cuantizados, a los archivos que transformers lee, en float32."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gguf import MODEL_ARCH, GGUFReader, ReaderTensor, get_tensor_name_map
from gguf.quants import dequantize

from siguiente.llm.files.catalogue import ModelCard
from siguiente.llm.files.vocabulary import tokenizer_json
from siguiente.llm.pretrained import empty_network

CHUNK = 1 << 22  # números que se descuantizan a la vez, 16 MB: la memoria no depende del tamaño del tensor
HEADS = {"attn_q": "num_attention_heads", "attn_k": "num_key_value_heads"}


def convert(file: Path, card: ModelCard, target: Path, progress: Callable[[int], object]) -> None:
    """Escribe en una carpeta los pesos de un archivo GGUF, su tokenizador, su configuración y su plantilla.

    De los pesos, `progress` recibe los bytes nuevos.
    """
    reader = GGUFReader(file)
    write_weights(reader, card, target / "model.safetensors", progress)
    metadata = {name: field.contents() for name, field in reader.fields.items()}
    write_json(target / "tokenizer.json", tokenizer_json(metadata))
    write_json(target / "config.json", card.config)
    if template := metadata.get("tokenizer.chat_template"):
        (target / "chat_template.jinja").write_text(template, encoding="utf-8")


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Escribe un JSON sin pasar las tildes a números."""
    path.write_text(json.dumps(dict(content), ensure_ascii=False), encoding="utf-8")


def write_weights(
    reader: GGUFReader, card: ModelCard, target: Path, progress: Callable[[int], object]
) -> None:
    """Escribe los tensores como safetensors en float32: la longitud de la tabla, la tabla y los números.

    Cada peso se guardó con 4 a 8 bits y una escala por grupo. El producto de una escala (float16) por un
    entero de 8 bits cabe exacto en float32, y no en formatos más cortos: no se pierde más que lo que ya
    perdió la cuantización.
    """
    names = tensor_names(card)
    table: dict[str, object] = {"__metadata__": {"format": "pt"}}
    start = 0
    for tensor in reader.tensors:
        end = start + 4 * int(tensor.n_elements)
        shape = tensor.shape[::-1].tolist()
        table[names[tensor.name]] = {"dtype": "F32", "shape": shape, "data_offsets": [start, end]}
        start = end
    header = json.dumps(table).encode()
    header += b" " * (-len(header) % 8)
    with target.open("wb") as output:
        output.write(len(header).to_bytes(8, "little") + header)
        for tensor in reader.tensors:
            for numbers in restored(tensor, card):
                output.write(numbers.tobytes())
                progress(numbers.nbytes)


def tensor_names(card: ModelCard) -> dict[str, str]:
    """De cada tensor, por su nombre en GGUF, el que le da transformers.

    >>> from siguiente.llm.files.catalogue import card
    >>> tensor_names(card("gemma-3-270m"))["blk.3.attn_q.weight"]
    'model.layers.3.self_attn.q_proj.weight'
    """
    known = get_tensor_name_map(MODEL_ARCH[card.architecture.upper()], card.config["num_hidden_layers"])
    with torch.device("meta"):
        names = list(empty_network(card.config).state_dict())
    return {str(known.get_name(name, (".weight",))): name for name in names}


def restored(tensor: ReaderTensor, card: ModelCard) -> Iterator[np.ndarray]:
    """Los números de un tensor en float32, por trozos, deshecho lo que llama.cpp cambió al guardarlos."""
    rows = np.array_split(tensor.data, 1 + int(tensor.n_elements) // CHUNK)
    numbers = (dequantize(part, tensor.tensor_type) for part in rows)
    if card.architecture == "gemma3" and tensor.name.endswith("norm.weight"):
        return (part - np.float32(1) for part in numbers)  # guarda 1 + w; la red suma el 1 al calcular
    heads = HEADS.get(tensor.name.split(".")[-2])
    if card.architecture == "llama" and heads:
        return iter([unpermuted(np.concatenate(list(numbers)), card.config[heads])])
    return numbers


def unpermuted(weights: np.ndarray, heads: int) -> np.ndarray:
    """Devuelve las filas de cada cabeza al orden de la red: mitades seguidas en vez de pares alternos."""
    pairs = weights.reshape(heads, -1, 2, weights.shape[1])  # (H, D/2, 2, C)
    return pairs.swapaxes(1, 2)
