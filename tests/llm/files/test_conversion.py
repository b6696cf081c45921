"""Los pesos convertidos son los del archivo, deshecho lo que llama.cpp cambió."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from siguiente.llm.files.checkpoints import CONVERTER_VERSION, checkpoint
from siguiente.llm.files.conversion import tensor_names
from siguiente.llm.files.sources import find, join
from siguiente.llm.pretrained import open_network

# Lo que escribe cada versión del conversor. Si esta prueba falla porque la salida debía cambiar, suba
# CONVERTER_VERSION, para que las cachés de los lectores se rehagan, y ponga aquí los resúmenes nuevos.
WRITTEN = {
    "gemma3": "1-bc3bbe8408e081d7",
    "llama": "1-ccafaa728c0e9ac8",
}


@pytest.fixture
def converted(tiny, cache) -> Path:
    return checkpoint(tiny.card, tiny.path)


def test_the_converter_version_follows_what_is_written(tiny, converted) -> None:
    digest = hashlib.sha256()
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        digest.update((converted / name).read_bytes())
    assert f"{CONVERTER_VERSION}-{digest.hexdigest()[:16]}" == WRITTEN[tiny.card.architecture]


def test_weights_are_scale_times_integer(tiny, converted) -> None:
    """Los bloques Q8_0 y Q4_1, calculados a mano en la prueba, sin pasar por la biblioteca `gguf`."""
    names = tensor_names(tiny.card)
    with safe_open(converted / "model.safetensors", "numpy") as file:
        for name in ("token_embd.weight", "blk.1.ffn_down.weight", "blk.0.attn_v.weight"):
            stored = file.get_tensor(names[name])
            np.testing.assert_array_equal(stored, tiny.weights[name])


def test_gemma_norms_lose_the_added_one(tinies, cache) -> None:
    tiny = tinies["gemma3"]
    with safe_open(checkpoint(tiny.card, tiny.path) / "model.safetensors", "numpy") as file:
        stored = file.get_tensor("model.layers.2.self_attn.q_norm.weight")
    np.testing.assert_array_equal(stored, tiny.weights["blk.2.attn_q_norm.weight"] - 1)


def test_llama_rotary_rows_return_to_their_place(tinies, cache) -> None:
    """llama.cpp alterna las mitades de cada cabeza: la fila 2i viene de la i, y la 2i + 1 de la i + D/2."""
    tiny = tinies["llama"]
    with safe_open(checkpoint(tiny.card, tiny.path) / "model.safetensors", "numpy") as file:
        stored = file.get_tensor("model.layers.1.self_attn.k_proj.weight")
    heads, head = tiny.card.config["num_key_value_heads"], tiny.card.config["head_dim"]
    for h in range(heads):
        for i in range(head // 2):
            for half in (0, 1):
                row = tiny.weights["blk.1.attn_k.weight"][h * head + 2 * i + half]
                np.testing.assert_array_equal(stored[h * head + half * head // 2 + i], row)


def naive_network(path: Path) -> torch.nn.Module:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)


def assert_same_network(ours: torch.nn.Module, naive: torch.nn.Module, ids: torch.Tensor) -> None:
    theirs = naive.state_dict()
    assert theirs.keys() == ours.state_dict().keys()
    for name, weight in ours.state_dict().items():
        torch.testing.assert_close(weight, theirs[name], rtol=0, atol=0, msg=name)
    with torch.inference_mode():
        torch.testing.assert_close(ours(ids).logits, naive(ids).logits, rtol=0, atol=1e-4)


def test_same_weights_and_logits_as_transformers(tiny, converted) -> None:
    ids = torch.randint(3, 256, (2, 40), generator=torch.Generator().manual_seed(0))
    assert_same_network(open_network(converted), naive_network(tiny.path), ids)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["smollm2-135m-instruct", "gemma-3-270m"])
def test_same_weights_and_logits_as_transformers_on_the_real_models(name: str, tmp_path: Path) -> None:
    """La vía lenta, con el modelo entero: alrededor de un minuto para Gemma."""
    from siguiente.llm import card

    whole = join(find(card(name)), tmp_path / "model.gguf")
    ids = torch.randint(300, 40_000, (1, 40), generator=torch.Generator().manual_seed(0))
    assert_same_network(open_network(checkpoint(card(name))), naive_network(whole), ids)


def test_the_header_of_the_weights_is_plain_json(converted) -> None:
    """Sin pickle: ocho bytes de longitud, una tabla en JSON y los números."""
    data = (converted / "model.safetensors").read_bytes()
    size = int.from_bytes(data[:8], "little")
    table = json.loads(data[8 : 8 + size])
    assert {entry["dtype"] for name, entry in table.items() if name != "__metadata__"} == {"F32"}
    assert max(entry["data_offsets"][1] for name, entry in table.items() if name != "__metadata__") == (
        len(data) - 8 - size
    )
