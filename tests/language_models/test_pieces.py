"""El corte en piezas: no pierde nada y corta como GPT-2."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers.pre_tokenizers import ByteLevel

from siguiente.language_models.words import split_pieces

TEXTS = [
    "El niño vio un pingüino.",
    "—¿Cuándo vienes? —preguntó Ana—. ¡Ya!",
    "Tiene 23 años y 1.000 €; (o 1,5 más).",
    "  dos espacios,\t\ttabuladores \n\n y líneas \n",
    "snake_case __init__ x_1 a-b",
    "😀😀 👩\u200d👧 ñ\u0303 ¿¡",
]


@given(st.text())
def test_nothing_is_lost(text):
    assert "".join(split_pieces(text)) == text


@pytest.mark.parametrize("text", TEXTS)
def test_the_cut_is_the_one_of_gpt2(text):
    cut = ByteLevel(add_prefix_space=False).pre_tokenize_str(text)
    assert split_pieces(text) == [text[start:end] for _, (start, end) in cut]


def test_a_piece_never_mixes_letters_and_signs():
    assert split_pieces("Casa, 23años!!") == ["Casa", ",", " 23", "años", "!!"]


def test_empty():
    assert split_pieces("") == []
