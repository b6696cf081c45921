"""Dos modelos diminutos, escritos con la biblioteca `gguf`: uno de la familia de Gemma y otro de Llama."""

import dataclasses
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache as remembered
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter

from siguiente.llm import card
from siguiente.llm.files.catalogue import ModelCard
from siguiente.llm.files.sources import find, join

SHAPES = {
    "gemma3": {
        "model_type": "gemma3_text",
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 6,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 64,
        "query_pre_attn_scalar": 256,
        "max_position_embeddings": 96,
        "rms_norm_eps": 1e-6,
        "sliding_window": 8,
        "layer_types": ["sliding_attention"] * 5 + ["full_attention"],
        "rope_parameters": {
            "full_attention": {"rope_type": "default", "rope_theta": 1_000_000.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 10_000.0},
        },
        "hidden_activation": "gelu_pytorch_tanh",
        "tie_word_embeddings": True,
    },
    "llama": {
        "model_type": "llama",
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "max_position_embeddings": 96,
        "rms_norm_eps": 1e-5,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0},
        "hidden_act": "silu",
        "tie_word_embeddings": True,
    },
}


@dataclass(frozen=True)
class Tiny:
    """Un modelo diminuto: su ficha, su archivo y los pesos que el archivo guarda, con los nombres de GGUF."""

    card: ModelCard
    path: Path
    weights: dict[str, np.ndarray]


def byte_alphabet() -> list[str]:
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [b for b in range(256) if b not in visible]
    characters = {b: chr(b) for b in visible} | {b: chr(256 + i) for i, b in enumerate(hidden)}
    return [characters[b] for b in range(256)]


def gemma_vocabulary(writer: GGUFWriter) -> int:
    pieces = ["▁", *"aehlmnoqsuódÑ,.", "la", "▁a", "ho", "hola", "mu", "mundo", "ndo", "nd"]
    tokens = [("<pad>", 3), ("<eos>", 3), ("<bos>", 3), ("<unk>", 3), ("[x]", 4), ("  ", 4), ("\n", 4)]
    tokens += [(f"<0x{b:02X}>", 6) for b in range(256)] + [(piece, 1) for piece in pieces]
    tokens += [(f"<unused{i}>", 3) for i in range(-len(tokens) % 32)]
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([token for token, _ in tokens])
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types([kind for _, kind in tokens])
    for add, token in (
        (writer.add_bos_token_id, 2),
        (writer.add_eos_token_id, 1),
        (writer.add_unk_token_id, 3),
    ):
        add(token)
    return len(tokens)


def llama_vocabulary(writer: GGUFWriter) -> int:
    letters = [c for b, c in enumerate(byte_alphabet()) if b not in (0xF1, *range(0xF5, 0x100))]
    merges = ["h o", "l a", "ho la", "Ġ m", "Ġm u", "Ġ Ġ"]
    tokens = [("<|endoftext|>", 3), ("<|im_start|>", 3), ("<|im_end|>", 3)]
    tokens += [(piece, 1) for piece in letters + [merge.replace(" ", "") for merge in merges]]
    tokens += [(f"relleno{i}", 1) for i in range(-len(tokens) % 32)]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list([token for token, _ in tokens])
    writer.add_token_types([kind for _, kind in tokens])
    writer.add_token_merges(merges)
    writer.add_chat_template("{{ messages }}")
    for add, token in (
        (writer.add_bos_token_id, 1),
        (writer.add_eos_token_id, 2),
        (writer.add_unk_token_id, 0),
    ):
        add(token)
    return len(tokens)


def q8_0(rng: np.random.Generator, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Bloques de 32: una escala en float16 y 32 enteros con signo; el peso es escala por entero."""
    scales = (rng.integers(1, 9, (rows, columns // 32, 1)) / 4096).astype(np.float16)
    numbers = rng.integers(-127, 128, (rows, columns // 32, 32), dtype=np.int8)
    packed = np.concatenate([scales.view(np.uint8), numbers.view(np.uint8)], axis=-1)
    return packed.reshape(rows, -1), (scales.astype(np.float32) * numbers).reshape(rows, columns)


def q4_1(rng: np.random.Generator, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Bloques de 32: escala y mínimo en float16 y enteros de 4 bits; peso = escala por entero + mínimo."""
    scales = (rng.integers(1, 9, (rows, columns // 32, 1)) / 256).astype(np.float16)
    minima = (-8 * scales.astype(np.float32)).astype(np.float16)
    numbers = rng.integers(0, 16, (rows, columns // 32, 32), dtype=np.uint8)
    nibbles = numbers[..., :16] | numbers[..., 16:] << 4
    packed = np.concatenate([scales.view(np.uint8), minima.view(np.uint8), nibbles], axis=-1)
    weights = scales.astype(np.float32) * numbers + minima.astype(np.float32)
    return packed.reshape(rows, -1), weights.reshape(rows, columns)


def layer_shapes(shape: dict) -> dict[str, tuple[int, ...]]:
    width, inner, head = shape["hidden_size"], shape["intermediate_size"], shape["head_dim"]
    queries, keys = shape["num_attention_heads"] * head, shape["num_key_value_heads"] * head
    names = {"attn_norm": (width,), "ffn_norm": (width,)}
    if shape["model_type"] != "llama":
        names |= {"post_attention_norm": (width,), "post_ffw_norm": (width,)}
        names |= {"attn_q_norm": (head,), "attn_k_norm": (head,)}
    names |= {"attn_q": (queries, width), "attn_k": (keys, width), "attn_v": (keys, width)}
    names |= {"attn_output": (width, queries), "ffn_gate": (inner, width)}
    return names | {"ffn_up": (inner, width), "ffn_down": (width, inner)}


def write_tensors(writer: GGUFWriter, shape: dict, vocab_size: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    names = {
        "token_embd.weight": (vocab_size, shape["hidden_size"]),
        "output_norm.weight": (shape["hidden_size"],),
    }
    for layer in range(shape["num_hidden_layers"]):
        names |= {f"blk.{layer}.{name}.weight": size for name, size in layer_shapes(shape).items()}
    weights = {}
    for name, size in names.items():
        if len(size) == 1:
            weights[name] = (1 + rng.integers(-16, 17, size) / 64).astype(np.float32)
            writer.add_tensor(name, weights[name])
        else:
            kind, pack = ("Q4_1", q4_1) if "ffn" in name else ("Q8_0", q8_0)
            packed, weights[name] = pack(rng, *size)
            writer.add_tensor(name, packed, raw_dtype=GGMLQuantizationType[kind])
    return weights


def write_tiny(architecture: str, folder: Path) -> Tiny:
    shape = SHAPES[architecture]
    path = folder / f"tiny-{architecture}.gguf"
    writer = GGUFWriter(path, architecture)
    writer.add_block_count(shape["num_hidden_layers"])
    writer.add_context_length(shape["max_position_embeddings"])
    writer.add_embedding_length(shape["hidden_size"])
    writer.add_feed_forward_length(shape["intermediate_size"])
    writer.add_head_count(shape["num_attention_heads"])
    writer.add_head_count_kv(shape["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(shape["rms_norm_eps"])
    if architecture == "gemma3":
        writer.add_rope_freq_base(1_000_000.0)
        writer.add_sliding_window(shape["sliding_window"])
        writer.add_key_length(shape["head_dim"])
        writer.add_value_length(shape["head_dim"])
        vocab_size = gemma_vocabulary(writer)
    else:
        writer.add_rope_freq_base(10_000.0)
        writer.add_rope_dimension_count(shape["head_dim"])
        vocab_size = llama_vocabulary(writer)
        writer.add_vocab_size(vocab_size)
    weights = write_tensors(writer, shape, vocab_size)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return Tiny(tiny_card(architecture, path, vocab_size), path, weights)


def tiny_card(architecture: str, path: Path, vocab_size: int) -> ModelCard:
    base = architecture == "gemma3"
    special = {"bos_token_id": 2 if base else 1, "eos_token_id": 1 if base else 2, "pad_token_id": 0}
    return ModelCard(
        name=f"tiny-{architecture}",
        title=f"Modelo diminuto {architecture}",
        kind="base" if base else "chat",
        parameters=0,
        quantisation="Q8_0 y Q4_1",
        licence="ninguna",
        notice="",
        architecture=architecture,
        config=SHAPES[architecture] | {"vocab_size": vocab_size} | special,
        bos_id=2 if base else None,
        eos_id=1 if base else 2,
        filename=path.name,
        size=path.stat().st_size,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        packaged=({"distribution": f"paquete-diminuto-{architecture}", "path": path.name},),
        install=f"python -m pip install paquete-diminuto-{architecture}",
        hub={"repo_id": "nadie/nada", "revision": "main", "filename": path.name},
    )


@pytest.fixture(scope="session")
def tinies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tiny]:
    folder = tmp_path_factory.mktemp("gguf")
    return {architecture: write_tiny(architecture, folder) for architecture in SHAPES}


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], GGUFReader]:
    """Lee el archivo entero de un modelo del catálogo, una sola vez: con Gemma tarda diez segundos."""

    @remembered
    def read(name: str) -> GGUFReader:
        return GGUFReader(join(find(card(name)), tmp_path_factory.mktemp("entero") / "model.gguf"))

    return read


@pytest.fixture(params=["gemma3", "llama"])
def tiny(request: pytest.FixtureRequest, tinies: dict[str, Tiny]) -> Tiny:
    return tinies[request.param]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Una caché vacía para esta prueba."""
    monkeypatch.setenv("SIGUIENTE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SIGUIENTE_MODELS", raising=False)
    monkeypatch.delenv("SIGUIENTE_HUB", raising=False)
    return tmp_path / "cache"


@pytest.fixture
def card_file(tiny: Tiny, tmp_path: Path) -> Path:
    """La ficha en JSON, para los procesos que lanzan las pruebas."""
    path = tmp_path / "card.json"
    path.write_text(json.dumps(dataclasses.asdict(tiny.card)), encoding="utf-8")
    return path
