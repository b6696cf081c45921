"""El vocabulario: las uniones deducidas y las formas de escribirlo que no se conocen."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers.tokenization_utils_base import generate_merges

from siguiente.llm.files.vocabulary import implied_merges, tokenizer_json

# Las 514 906 uniones que deduce transformers 5.23 del mismo archivo, que tarda más de 30 s.
GEMMA_MERGES = "aabe254023c9fd678ae5d24b186cd6fcffe6af0534b12695c15ed7420a5a4436"


@settings(deadline=None)  # el reloj depende de la carga de la máquina
@given(st.lists(st.text("abc▁", min_size=1, max_size=5), unique=True))
def test_same_merges_as_transformers(pieces: list[str]) -> None:
    index = {piece: i for i, piece in enumerate(pieces)}
    expected = generate_merges(index, {piece: -i for piece, i in index.items()})
    assert implied_merges(pieces, [1] * len(pieces)) == expected


def test_control_and_byte_tokens_are_not_formed_by_merging() -> None:
    pieces = ["<", ">", "b", "<b", "<b>", "<0x41>"]
    assert implied_merges(pieces, [1, 1, 1, 1, 3, 6]) == [("<", "b")]


def test_the_merges_of_gemma(stored) -> None:
    metadata = {name: field.contents() for name, field in stored("gemma-3-270m").fields.items()}
    merges = tokenizer_json(metadata)["model"]["merges"]
    assert len(merges) == 514_906
    assert hashlib.sha256("\n".join(" ".join(pair) for pair in merges).encode()).hexdigest() == GEMMA_MERGES


@pytest.mark.parametrize("metadata", [{"tokenizer.ggml.model": "t5"}, {"tokenizer.ggml.model": "gpt2"}])
def test_unknown_tokenizers_are_refused(metadata: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="No se conoce el tokenizador"):
        tokenizer_json(metadata)
