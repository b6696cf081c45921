"""El tokenizador: ida y vuelta exacta, bytes exactos y los mismos números que el de transformers."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.llm import card
from siguiente.llm.files.checkpoints import checkpoint
from siguiente.llm.files.sources import find, join
from siguiente.llm.files.tokenizer import PretrainedTokenizer

ODD = """
Hola, ¿qué tal?
El pingüino comió 123 ñandúes. 3,14 y 2.718
naïve café ☕️ 👩‍👩‍👧‍👦 🇦🇷
<table><tr>x</tr></table>
日本語テキスト עברית العربية Ελληνικά
𝔘𝔫𝔦 aaaaaaaaaaaaaaaa ﬁ ¡¡¡!!!
don't I'll http://a.b/c?d=e&f
<0x41>
<bos><eos><|im_end|>
""".strip().split("\n")
BLANK = ["", " ", "  ", "a  b", "   a", "\n\n\tFin", "y" + " " * 40 + "z" + "\n" * 40 + "\t" * 33, "\r\n\r\n"]
HIDDEN = ["\u200b\u200dcero", "\x00\x01\x7f", "e\u0301 é", "def f(x):\n    return x + 1\n"]
WORDS = "el la de que un perro gato corrió canción niño the quick fox 😀 🎉 ñ ü — « » … ¿ ? ¡ !".split()  # noqa: SIM905


def sample_texts(count: int) -> list[str]:
    rng = random.Random(0)
    ranges = [(32, 127), (0xA0, 0x250), (0x250, 0xD800), (0x1F000, 0x1FB00)]
    phrases = [" ".join(rng.choices(WORDS, k=rng.randint(1, 30))) for _ in range(count)]
    strange = [
        "".join(chr(rng.randrange(*rng.choice(ranges))) for _ in range(rng.randint(1, 20)))
        for _ in range(count)
    ]
    return ODD + BLANK + HIDDEN + phrases + [text for text in strange if "▁" not in text]


def open_tokenizer(name: str) -> PretrainedTokenizer:
    known = card(name)
    return PretrainedTokenizer.from_folder(checkpoint(known), known)


@pytest.fixture(scope="module")
def gemma() -> PretrainedTokenizer:
    return open_tokenizer("gemma-3-270m")


@pytest.fixture(scope="module")
def smollm() -> PretrainedTokenizer:
    return open_tokenizer("smollm2-135m-instruct")


@pytest.fixture(params=["gemma", "smollm"])
def tokenizer(request: pytest.FixtureRequest) -> PretrainedTokenizer:
    return request.getfixturevalue(request.param)


def test_text_returns_whole(tokenizer) -> None:
    for text in sample_texts(200):
        ids = tokenizer.encode(text)
        assert tokenizer.decode(ids) == text
        assert b"".join(tokenizer.token_bytes(i) for i in ids) == text.encode()


@settings(deadline=None)  # el reloj depende de la carga de la máquina
@given(st.text(max_size=60).filter(lambda text: "▁" not in text))
def test_any_text_returns_whole(gemma, text: str) -> None:
    assert gemma.decode(gemma.encode(text)) == text


def test_words_of_the_course(gemma) -> None:
    pieces = [gemma.token_bytes(i).decode() for i in gemma.encode("La capital de Francia es 17")]
    assert pieces == ["La", " capital", " de", " Francia", " es", " ", "1", "7"]


def test_control_tokens_in_a_text_are_text(tokenizer) -> None:
    """Lo que escribe un usuario no abre ni cierra turnos, salvo que se pida."""
    end = tokenizer.backend.id_to_token(tokenizer.eos_id)
    assert tokenizer.eos_id not in tokenizer.encode(end)
    assert tokenizer.encode(end, special=True) == [tokenizer.eos_id]
    assert tokenizer.token_bytes(tokenizer.eos_id) == b""
    assert tokenizer.decode([tokenizer.eos_id]) == ""


def test_no_token_is_without_bytes(tokenizer) -> None:
    silent = [i for i in range(tokenizer.vocab_size) if not tokenizer.token_bytes(i)]
    added = tokenizer.backend.get_added_tokens_decoder()
    assert silent == sorted(i for i, token in added.items() if token.special)


def test_half_a_character_is_shown_as_a_mark(gemma) -> None:
    ids = [238 + byte for byte in "ñ".encode()]
    assert gemma.decode(ids) == "ñ"
    assert gemma.decode(ids[:1]) == "\N{REPLACEMENT CHARACTER}"


def test_a_token_that_does_not_exist(tokenizer) -> None:
    with pytest.raises(ValueError, match=f"No existe el token {tokenizer.vocab_size}"):
        tokenizer.token_bytes(tokenizer.vocab_size)


def test_what_the_vocabulary_cannot_write_is_an_error(tinies, cache) -> None:
    """Sin el aviso, la biblioteca quitaría el carácter en silencio."""
    tiny = tinies["llama"]
    tokenizer = PretrainedTokenizer.from_folder(checkpoint(tiny.card, tiny.path), tiny.card)
    assert tokenizer.decode(tokenizer.encode("hola 😀")) == "hola 😀"
    with pytest.raises(ValueError, match=r"Modelo diminuto llama no puede escribir '\\U00040000'"):
        tokenizer.encode("hola \U00040000")


def test_smollm_cannot_write_some_control_characters(smollm) -> None:
    with pytest.raises(ValueError, match=r"SmolLM2 135M Instruct no puede escribir '\\x04'"):
        smollm.encode("fin\x04")


def test_digits_stand_alone(smollm) -> None:
    """SmolLM2 separa las cifras antes que las palabras (`smollm` en su archivo); transformers lo olvida."""
    assert [smollm.token_bytes(i) for i in smollm.encode("a  42")] == [b"a", b"  ", b"4", b"2"]


def naive_ids(name: str, folder: Path, texts: list[str]) -> list[list[int]]:
    from transformers import AutoTokenizer

    whole = join(find(card(name)), folder / "model.gguf")
    naive = AutoTokenizer.from_pretrained(folder, gguf_file=whole.name)
    return [naive(text, add_special_tokens=False).input_ids for text in texts]


def test_smollm_numbers_are_those_of_transformers(smollm, tmp_path) -> None:
    texts = [text for text in sample_texts(150) if not any(c.isnumeric() for c in text)]
    assert len(texts) > 250
    expected = naive_ids("smollm2-135m-instruct", tmp_path, texts)
    assert [smollm.encode(text, special=True) for text in texts] == expected


@pytest.mark.slow
def test_gemma_numbers_are_those_of_transformers(gemma, tmp_path) -> None:
    """La vía lenta tarda medio minuto; `test_vocabulary` compara las uniones en tres segundos."""
    texts = [text for text in sample_texts(150) if text != "<0x41>"]
    expected = naive_ids("gemma-3-270m", tmp_path, texts)
    assert [gemma.encode(text, special=True) for text in texts] == expected
