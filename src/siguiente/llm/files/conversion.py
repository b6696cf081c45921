"""De los pesos cuantizados de un archivo GGUF a un archivo safetensors en float32.

Los tensores pasan de uno en uno, por bloques, de modo que la memoria que hace falta no depende del modelo.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from siguiente.llm.files.catalogue import ModelCard
from siguiente.llm.files.gguf_header import Header, StoredTensor

BLOCK_NUMBERS = 1 << 22  # 16 MB en float32
GROUP = 64  # filas que se descuantizan como una: la biblioteca gasta lo mismo por fila corta que por larga
WHOLE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
NORMS = {
    "llama": {"ffn_norm": "post_attention_layernorm"},
    "gemma3": {
        "post_attention_norm": "post_attention_layernorm",
        "ffn_norm": "pre_feedforward_layernorm",
        "post_ffw_norm": "post_feedforward_layernorm",
    },
}


def tensor_name(name: str, architecture: str) -> str:
    """Traduce el nombre de un tensor, de GGUF a transformers.

    >>> tensor_name("blk.3.attn_q.weight", "gemma3")
    'model.layers.3.self_attn.q_proj.weight'
    """
    stem, suffix = name.rsplit(".", 1)
    if stem in WHOLE:
        return f"{WHOLE[stem]}.{suffix}"
    _, layer, stem = stem.split(".")
    return f"model.layers.{layer}.{(LAYER | NORMS[architecture])[stem]}.{suffix}"


def dequantised_blocks(stream: BinaryIO, tensor: StoredTensor) -> Iterator[np.ndarray]:
    """Lee un tensor por bloques y devuelve sus números en float32, aplanados y en orden.

    Cada peso se guardó con 4 a 8 bits y una escala por grupo: aquí vuelve a ser escala por entero.
    """
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
    from gguf.quants import dequantize

    kind = GGMLQuantizationType(tensor.quantisation)
    numbers, size = GGML_QUANT_SIZES[kind]
    stream.seek(tensor.start)
    for first in range(0, tensor.count, BLOCK_NUMBERS):
        count = min(BLOCK_NUMBERS, tensor.count - first) // numbers
        packed = np.frombuffer(stream.read(count * size), np.uint8)
        rows = packed.reshape(-1, size * GROUP) if count % GROUP == 0 else packed.reshape(1, -1)
        yield dequantize(rows, kind).reshape(-1)


def write_weights(
    stream: BinaryIO,
    header: Header,
    card: ModelCard,
    target: Path,
    progress: Callable[[int], object] = lambda count: None,
) -> None:
    """Escribe los pesos de un archivo GGUF como safetensors en float32; `progress` recibe los bytes nuevos.

    El producto de una escala (float16) por un entero de 8 bits cabe exacto en float32, y no en formatos más
    cortos: no se pierde más que lo que ya perdió la cuantización.
    """
    with target.open("wb") as file:
        file.write(_safetensors_header(header, card))
        for tensor in header.tensors:
            for block in _restored(stream, tensor, card):
                file.write(block.tobytes())
                progress(block.nbytes)


def _safetensors_header(header: Header, card: ModelCard) -> bytes:
    """Devuelve la longitud, en 8 bytes, y la tabla de tensores en JSON, alineada a 8."""
    table: dict[str, object] = {"__metadata__": {"format": "pt"}}
    start = 0
    for tensor in header.tensors:
        end = start + 4 * tensor.count
        name = tensor_name(tensor.name, card.architecture)
        table[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [start, end]}
        start = end
    text = json.dumps(table).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _restored(stream: BinaryIO, tensor: StoredTensor, card: ModelCard) -> Iterator[np.ndarray]:
    """Deshace lo que llama.cpp cambió al escribir el archivo."""
    blocks = dequantised_blocks(stream, tensor)
    if card.architecture == "gemma3" and tensor.name.endswith("norm.weight"):
        return (block - np.float32(1) for block in blocks)  # guarda 1 + w; la red suma el 1 al calcular
    heads = {"attn_q": "num_attention_heads", "attn_k": "num_key_value_heads"}.get(tensor.name.split(".")[-2])
    if card.architecture == "llama" and heads:
        return iter([_unpermuted(np.concatenate(list(blocks)), tensor.shape, int(str(card.config[heads])))])
    return blocks


def _unpermuted(weights: np.ndarray, shape: tuple[int, ...], heads: int) -> np.ndarray:
    """Devuelve las filas de cada cabeza al orden de la red: mitades seguidas en vez de pares alternos."""
    pairs = weights.reshape(heads, shape[0] // heads // 2, 2, shape[1])  # (H, D/2, 2, C)
    return np.ascontiguousarray(pairs.swapaxes(1, 2)).reshape(-1)
