"""El texto de quien aprende: se lee bien o se dice qué le pasa."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siguiente.course.cli.text_file import read_text, split_text


@pytest.fixture
def read(tmp_path):
    def written(content: bytes) -> str:
        path = tmp_path / "texto.txt"
        path.write_bytes(content)
        return read_text(path)

    return written


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_marks_and_line_ends_do_not_matter(read, mark, end):
    assert read(mark + f"  El niño{end}{end}¿Sí? 😀".encode()) == "  El niño\n\n¿Sí? 😀"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"texto\.txt no tiene qué aprender \(vacío\): hacen falta"),
        (b"\xef\xbb\xbf \r\n\t", "vacío"),
        (b"a", r"\('a'\)"),
        (" ñ \n".encode(), r"\('ñ'\)"),
        ("uno\ncaña".encode("cp1252"), r"UTF-8 \(línea 2, byte 0xf1\)\. Guárdelo"),
        ("texto".encode("utf-16"), "línea 1, byte 0xff"),
        ("texto".encode("utf-16-le"), "nulos"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "línea 1, byte 0x89"),
        (b"\x00\x01\x02", "nulos"),
        (b"\xed\xa0\x80", "byte 0xed"),
    ],
)
def test_what_is_wrong_is_said(read, content, message):
    with pytest.raises(ValueError, match=message):
        read(content)


def test_what_cannot_be_opened(tmp_path):
    for path in (tmp_path, tmp_path / "no.txt"):
        with pytest.raises(OSError, match=r"No se puede abrir .*compruebe"):
            read_text(path)


WORDS = st.lists(st.sampled_from(["a ", "niño\n\n", " sí,\t", "x\u2009"]), min_size=20, max_size=5000)


@given(words=WORDS)
def test_the_blocks_are_the_text_and_the_last_tenth_is_held_out(words):
    text = "".join(words)
    learn, held_out = split_text(text)
    assert "".join([*learn, *held_out]) == text.rstrip()
    assert 2 <= len(held_out) == (len(learn) + len(held_out)) // 10
    sizes = [len(block.split()) for block in (*learn, *held_out)]
    assert max(sizes) <= 100
    assert set(sizes[:-1]) == {sizes[0]}


@pytest.mark.parametrize("text", ["", "pocas palabras", "a " * 19])
def test_a_text_of_a_few_words_is_not_split(text):
    with pytest.raises(ValueError, match="menos de 20 palabras"):
        split_text(text)
