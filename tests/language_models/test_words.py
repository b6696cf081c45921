"""El tokenizador de palabras: un orden fijo, y ningún texto que no vuelva."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siguiente.language_models.words import WordTokenizer

TEXTS = ["El perro ve al gato.", "El gato no ve al perro: el gato duerme."]
tokenizer = WordTokenizer.from_texts(TEXTS)
writable = st.text(st.characters(exclude_categories=["Cs"]))


@given(writable | st.lists(st.sampled_from([*tokenizer.words, "x", " ñu"])).map("".join))
def test_any_text_comes_back(text):
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert b"".join(map(tokenizer.token_bytes, ids)) == text.encode()
    assert all(0 <= i < tokenizer.vocab_size and i != tokenizer.eos_id for i in ids)


def test_known_words_are_one_token_and_unknown_ones_their_bytes():
    assert tokenizer.words[:3] == (" gato", " al", " perro")
    assert tokenizer.encode(" gato ñu.") == [257, 32, *"ñu".encode(), 46]


def test_the_order_is_by_frequency_and_then_by_text():
    made = WordTokenizer.from_texts(["bb aa bb", " aa cc"])
    assert made.words == (" aa", " bb", " cc", "bb")
    assert made == WordTokenizer.from_texts([" aa cc", "bb aa bb"])


def test_pieces_of_one_byte_have_their_token_already():
    assert WordTokenizer.from_texts(["a, ñ"]).words == (" ñ",)


def test_rare_words_are_left_out():
    made = WordTokenizer.from_texts(TEXTS, min_count=2)
    assert made.words == (" gato", " al", " perro", " ve", "El")
    assert made.vocab_size == 262


def test_the_end_token_writes_nothing():
    assert tokenizer.bos_id == tokenizer.eos_id == 256
    assert tokenizer.token_bytes(256) == b""
    assert tokenizer.decode([256, 257, 256]) == " gato"


def test_bytes_that_form_no_letter_are_shown():
    assert tokenizer.decode([0xC3]) == "�"


@pytest.mark.parametrize("texts", [[], [""]])
def test_no_text_no_words(texts):
    with pytest.raises(ValueError, match="No hay texto"):
        WordTokenizer.from_texts(texts)


def test_bad_input_is_explained():
    with pytest.raises(ValueError, match="repetidas"):
        WordTokenizer(("uno", "uno"))
    with pytest.raises(ValueError, match="medio carácter"):
        WordTokenizer(("uno",)).encode("uno \ud800")
