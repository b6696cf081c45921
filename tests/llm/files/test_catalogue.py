"""El catálogo dice la verdad sobre los archivos que describe."""

import io

import pytest

from siguiente.llm import CATALOGUE, ModelCard
from siguiente.llm.files.gguf_header import Header, read_header
from siguiente.llm.files.sources import JoinedFile, find

RENAMED = {
    "hidden_size": "embedding_length",
    "intermediate_size": "feed_forward_length",
    "num_hidden_layers": "block_count",
    "num_attention_heads": "attention.head_count",
    "num_key_value_heads": "attention.head_count_kv",
    "max_position_embeddings": "context_length",
    "sliding_window": "attention.sliding_window",
}


@pytest.fixture(scope="module", params=CATALOGUE, ids=lambda card: card.name)
def described(request: pytest.FixtureRequest) -> tuple[ModelCard, Header]:
    with io.BufferedReader(JoinedFile(find(request.param))) as stream:
        return request.param, read_header(stream)


def test_the_shape_is_the_one_in_the_file(described: tuple[ModelCard, Header]) -> None:
    card, header = described
    assert header.metadata["general.architecture"] == card.architecture
    stated = {ours: header.metadata.get(f"{card.architecture}.{theirs}") for ours, theirs in RENAMED.items()}
    assert stated == {ours: card.config.get(ours) for ours in RENAMED}
    assert len(header.metadata["tokenizer.ggml.tokens"]) == card.config["vocab_size"]


def test_parameters_are_counted(described: tuple[ModelCard, Header]) -> None:
    card, header = described
    assert sum(tensor.count for tensor in header.tensors) == card.parameters


def test_special_tokens_are_the_ones_in_the_file(described: tuple[ModelCard, Header]) -> None:
    card, header = described
    begins = header.metadata["tokenizer.ggml.add_bos_token"]
    assert card.bos_id == (header.metadata["tokenizer.ggml.bos_token_id"] if begins else None)
    assert card.eos_id == header.metadata["tokenizer.ggml.eos_token_id"]


def test_base_and_chat_are_told_apart(described: tuple[ModelCard, Header]) -> None:
    """Gemma 3 270M es el modelo base: su archivo no lleva plantilla de chat y el de SmolLM2-Instruct sí."""
    card, header = described
    assert ("tokenizer.chat_template" in header.metadata) == (card.kind == "chat")


def test_notices_name_the_licence() -> None:
    gemma, smollm = CATALOGUE
    assert "ai.google.dev/gemma/terms" in gemma.notice
    assert "Apache 2.0" in smollm.notice
