"""El catálogo dice la verdad sobre los archivos que describe."""

from typing import Any

import pytest
from gguf import GGUFReader

from siguiente.llm import CATALOGUE, ModelCard

RENAMED = {
    "hidden_size": "embedding_length",
    "intermediate_size": "feed_forward_length",
    "num_hidden_layers": "block_count",
    "num_attention_heads": "attention.head_count",
    "num_key_value_heads": "attention.head_count_kv",
    "max_position_embeddings": "context_length",
    "sliding_window": "attention.sliding_window",
}


@pytest.fixture(params=CATALOGUE, ids=lambda card: card.name)
def described(request: pytest.FixtureRequest, stored) -> tuple[ModelCard, GGUFReader]:
    return request.param, stored(request.param.name)


def fact(file: GGUFReader, name: str) -> Any:
    """Lo que un archivo dice de sí mismo con ese nombre, o nada."""
    return file.fields[name].contents() if name in file.fields else None


def test_the_shape_is_the_one_in_the_file(described: tuple[ModelCard, GGUFReader]) -> None:
    card, file = described
    assert fact(file, "general.architecture") == card.architecture
    stated = {ours: fact(file, f"{card.architecture}.{theirs}") for ours, theirs in RENAMED.items()}
    assert stated == {ours: card.config.get(ours) for ours in RENAMED}
    assert len(fact(file, "tokenizer.ggml.tokens")) == card.config["vocab_size"]


def test_parameters_are_counted(described: tuple[ModelCard, GGUFReader]) -> None:
    card, file = described
    assert sum(tensor.n_elements for tensor in file.tensors) == card.parameters


def test_special_tokens_are_the_ones_in_the_file(described: tuple[ModelCard, GGUFReader]) -> None:
    card, file = described
    begins = fact(file, "tokenizer.ggml.add_bos_token")
    assert card.bos_id == (fact(file, "tokenizer.ggml.bos_token_id") if begins else None)
    assert card.eos_id == fact(file, "tokenizer.ggml.eos_token_id")


def test_base_and_chat_are_told_apart(described: tuple[ModelCard, GGUFReader]) -> None:
    """Gemma 3 270M es el modelo base: su archivo no lleva plantilla de chat y el de SmolLM2-Instruct sí."""
    card, file = described
    assert ("tokenizer.chat_template" in file.fields) == (card.kind == "chat")


def test_notices_name_the_licence() -> None:
    gemma, smollm = CATALOGUE
    assert "ai.google.dev/gemma/terms" in gemma.notice
    assert "Apache 2.0" in smollm.notice
