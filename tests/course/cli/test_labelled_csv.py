"""Un CSV de cualquiera: o se lee bien, o el error dice en qué línea está el fallo."""

import csv
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siguiente.course.cli.labelled_csv import LabelledRow, read_labelled_texts, read_table
from siguiente.prompting.labels import LabelledText

ROWS = "text,label\nUno,a\nDos,b\n"


@pytest.fixture
def read(tmp_path):
    def written(content: str | bytes, *columns: str) -> list[LabelledRow]:
        path = tmp_path / "textos.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_labelled_texts(path, *columns)

    return written


def test_each_row_remembers_its_line(read):
    rows = read('id,label,text\n7,b,Uno\n\n8,a,"Dos\nlíneas"\n9,b,Tres\n')
    assert rows == [
        LabelledRow("Uno", "b", 2),
        LabelledRow("Dos\nlíneas", "a", 4),
        LabelledRow("Tres", "b", 6),
    ]
    assert all(isinstance(row, LabelledText) for row in rows)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_separators_line_ends_and_byte_order_mark(read, separator, end, mark):
    lines = ["texto{}tema", '"Sí, hoy; a|b\tc"{}salud', "No{}banca", ""]
    rows = read(mark + end.join(line.format(separator) for line in lines), "texto", "tema")
    assert [(row.text, row.label) for row in rows] == [("Sí, hoy; a|b\tc", "salud"), ("No", "banca")]


def test_the_separator_is_the_one_of_the_header_and_not_the_most_frequent(read):
    rows = read("texto;tema\n,,,,,;a\n|||||;b\n", "texto", "tema")
    assert [row.text for row in rows] == [",,,,,", "|||||"]


def test_a_quoted_header(read):
    assert len(read('"el texto";"tema"\nUno;a\nDos;b\n', "el texto", "tema")) == 2


def test_the_text_is_kept_and_the_label_is_tidied(read):
    rows = read("text,label\n  Uno ,  no   ficción \nDos,ficcio\u0301n\n")
    assert [(row.text, row.label) for row in rows] == [("  Uno ", "no ficción"), ("Dos", "ficción")]


@pytest.mark.parametrize("announced", ["sep=;", "SEP=;", '"sep=;"', "sep="])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_line_with_which_excel_announces_the_separator_is_not_the_header(read, announced, end):
    rows = read(end.join([announced, "text;label", "Uno;a", "Dos, y más;b", ""]))
    assert [(row.text, row.line) for row in rows] == [("Uno", 3), ("Dos, y más", 4)]


@pytest.mark.parametrize("asked", ["mi opinión", " mi  opinio\u0301n ", "mi\u00a0opinión"])
@pytest.mark.parametrize(
    "written", ["mi opinión", "mi opinio\u0301n", '"mi\nopinión"', "\u200bmi   opinión "]
)
def test_column_names_are_compared_as_they_are_seen(read, asked, written):
    rows = read(f"texto;{written}\nUno;a\nDos;b\n", "texto", asked)
    assert [row.label for row in rows] == ["a", "b"]


def test_what_is_not_seen_makes_no_other_label_and_stays_in_the_text(read):
    rows = read("text,label\nU\u00adno,sí\u200b\nDos,\ufeffsí\nTres,no\n")
    assert [(row.text, row.label) for row in rows] == [("U\u00adno", "sí"), ("Dos", "sí"), ("Tres", "no")]


@pytest.mark.parametrize("pair", [("año", "ano"), ("AÑO", "ano"), ("an\u0303o", "ano"), ("10²", "102")])
def test_labels_that_mean_different_things_are_kept_apart(read, pair):
    assert len({row.label for row in read("text,label\nUno,{}\nDos,{}\n".format(*pair))}) == 2


@pytest.mark.parametrize("pair", [("año", "AN\u0303O"), ("pingüino", "pinguino"), ("caza", "çaza")])
def test_labels_that_differ_by_case_or_marks_are_a_slip(read, pair):
    with pytest.raises(ValueError, match="solo se distinguen"):
        read("text,label\nUno,{}\nDos,{}\n".format(*pair))


def test_repeated_texts_are_kept_even_if_they_disagree(read):
    assert [row.label for row in read("text,label\nUno,a\nUno,b\nUno,a\n")] == ["a", "b", "a"]


def test_blank_rows_are_skipped(read):
    assert [row.line for row in read("\ntext,label\nUno,a\n , \n\n,\nDos,b\n\n")] == [3, 7]


def test_long_texts(read):
    assert len(read(f"text,label\n{'ñ' * 10_000},a\nDos,b\n")[0].text) == 10_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "vacío"),
        ("\ufeff \n", "vacío"),
        (" , \n,\n", "y tiene: "),
        ("text,label\n", "hay: ninguna"),
        ("text,label\nUno,a\nDos,a\n", "hay: 'a'"),
        ("texto;label;otra\nUno;a;x\n", "'text' y 'label', y tiene: 'texto', 'label', 'otra'"),
        ("text,text,label\nUno,Uno,a\n", "y tiene: 'text', 'text', 'label'"),
        ("text:label\nUno:a\n", "y tiene: 'text:label'"),
        ('"text,label\nUno,a\n', "Línea 1: las comillas no cuadran"),
        ('\ntext;"label\nUno;a\nDos;b\n', "Línea 2: las comillas no cuadran"),
        ('"texto";"tema"\nUno;a\nDos;b\n', "y tiene: 'texto', 'tema'"),
        ("sep=:\ntext:label\nUno:a\n", "y tiene: 'text:label'"),
        ("sep=;\n", "vacío"),
        ("sep=,\n" + ROWS + "Tres\n", "Línea 5: columnas, 1"),
        (ROWS + "\u200b\ufeff,b\n", "Línea 4: falta el texto"),
        (ROWS + "Tres\n", "Línea 4: columnas, 1; en la cabecera, 2"),
        (ROWS + "Tres, y cuatro,b\n", r"Línea 4: columnas, 3.*comillas.*\(coma\)"),
        ('text,label\n"Uno\ny más",a\nDos,b,c\n', "Línea 4"),
        ("text,label\n,a\n", "Línea 2: falta el texto"),
        (ROWS + '" \n\n",a\n', "Línea 4: falta el texto"),
        (ROWS + "Tres,A\n", r"'a' \(línea 2\) y 'A' \(línea 4\)"),
        ("text,label\nUno,educación\nDos,Educacion\n", r"\(línea 2\).*\(línea 3\)"),
        ("text,label\nUno,no ficción\nDos,noficción\n", r"\(línea 2\).*\(línea 3\)"),
        (ROWS + '"Tres,a\nCuatro,b\n', "Línea 4: las comillas no cuadran"),
        (ROWS + '"Tres" y medio,a\n', "Línea 4: las comillas no cuadran"),
        (f"{ROWS}{'x' * 140_000},a\n", "Línea 4:.*131072"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(read, content, message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        read(content)


@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        ("cp1252", r"línea 3, byte 0xf1\).*CSV UTF-8"),
        ("utf-16", "línea 1, byte 0xff"),
        ("utf-16-le", "UTF-8"),
    ],
)
def test_another_encoding_is_never_guessed(read, encoding, message):
    with pytest.raises(ValueError, match=message):
        read("text,label\nUno,a\nCaña,b\n".encode(encoding))


def test_utf_16_without_accents_is_not_read_as_nulls(read):
    with pytest.raises(ValueError, match="nulos"):
        read(ROWS.encode("utf-16-le"))


def test_what_cannot_be_opened(tmp_path):
    for path in (tmp_path, tmp_path / "no.csv"):
        with pytest.raises(OSError, match=r"No se puede abrir .*compruebe"):
            read_labelled_texts(path)


@pytest.mark.parametrize("label", ["text", " text ", "te\u200bxt"])
def test_one_column_cannot_be_both(read, label):
    with pytest.raises(ValueError, match="la misma columna"):
        read(ROWS, "text", label)


def is_seen(text):
    return any(not c.isspace() and unicodedata.category(c) != "Cf" for c in text)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")).filter(is_seen)


@given(texts=st.lists(texts, min_size=2), separator=st.sampled_from(",;\t|"), bom=st.booleans())
def test_whatever_a_writer_quotes_is_read_back(tmp_path_factory, texts, separator, bom):
    path = Path(tmp_path_factory.getbasetemp()) / "cualquiera.csv"
    with path.open("w", encoding="utf-8-sig" if bom else "utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=separator)
        writer.writerows([("label", "text"), *((str(i % 2), text) for i, text in enumerate(texts))])
    assert [row.text for row in read_labelled_texts(path)] == texts


def test_a_row_without_label_is_a_text_to_classify(tmp_path):
    path = tmp_path / "textos.csv"
    path.write_text("text;label\nUno;a\nDos;b\nTres;\u200b \n", encoding="utf-8")
    table = read_table(path)
    assert [row.label for row in table.rows] == ["a", "b", ""]
    assert table.separator == ";"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("❤", "❤\ufe0f", True),
        ("👨\u200d👩\u200d👧", "👨👩👧", False),
        ("می\u200cخواهم", "میخواهم", False),
        ("banca", "ban\u200dca", True),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e007f", "🏴\U000e0067\U000e0062\U000e0073\U000e007f", False),
    ],
)
def test_labels_are_the_same_when_they_look_the_same(tmp_path, one, other, same):
    path = tmp_path / "textos.csv"
    path.write_text(f"text,label\nUno,{one}\nDos,{other}\nTres,otra\nCuatro,otra\n", encoding="utf-8")
    assert len({row.label for row in read_labelled_texts(path)}) == (2 if same else 3)
