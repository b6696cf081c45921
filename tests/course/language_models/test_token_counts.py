"""Contar tokens: lo que se ve es lo que hay, y un texto sin palabras no se divide."""

from hypothesis import given
from hypothesis import strategies as st

from siguiente.course.language_models.token_counts import (
    count_tokens,
    tokens_per_word,
    visible_tokens,
)
from siguiente.language_models.protocol import ByteTokenizer
from siguiente.language_models.words import WordTokenizer

words = WordTokenizer.from_texts(["El niño come pan con pan."])


def test_tokens_are_shown_as_they_are():
    assert visible_tokens(words, "El niño come ñu\n") == [
        "El",
        "␣niño",
        "␣come",
        "␣",
        "<C3>",
        "<B1>",
        "u",
        "⏎",
    ]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_there_are_as_many_as_counted(text):
    assert count_tokens(ByteTokenizer(), [text]).item() == len(text.encode())
    assert len(visible_tokens(words, text)) == count_tokens(words, [text]).item()


def test_words_are_what_lies_between_spaces():
    assert tokens_per_word(words, ["El niño come pan.", "—pan—"]).tolist() == [5 / 4, len("—pan—".encode())]
