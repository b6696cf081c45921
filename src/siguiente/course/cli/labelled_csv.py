"""Textos con etiqueta de una hoja de cálculo ajena."""

import csv
import io
import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from siguiente.course.cli.text_file import read_utf8
from siguiente.prompting.labels import LabelledText

SEPARATORS = {",": "coma", ";": "punto y coma", "\t": "tabulador", "|": "barra"}
# La primera línea con que Excel dice qué separa; lo dice también la cabecera, así que se pasa por alto.
ANNOUNCED = re.compile(r'\A"?sep=.?"?(?=[\r\n])', re.IGNORECASE)
JOINERS = "\u200c\u200d"  # separan y unen letras o emojis sin verse
PLAIN_OR_COLOUR = "\ufe0f"  # pide un emoji en color: ❤ y ❤️ son la misma etiqueta
FLAG_TAGS = {chr(code) for code in range(0xE0020, 0xE0080)}  # las letras de una bandera, como la de Escocia
LATIN = "\u024f"  # la última letra latina: entre ellas nada une ni separa
SAVE_AS_UTF8 = (
    "Guárdelo de nuevo: en Excel, con el tipo «CSV UTF-8»; "
    "en LibreOffice, con el juego de caracteres «Unicode (UTF-8)»."
)


@dataclass(frozen=True)
class LabelledRow(LabelledText):
    """Un texto etiquetado que recuerda en qué línea de su archivo empieza; la primera es la 1.

    >>> LabelledRow("Qué golazo", "deportes", line=2).line
    2
    """

    line: int


class LabelledTable(NamedTuple):
    """Lo que hay en una hoja de cálculo ajena."""

    rows: list[LabelledRow]
    """Los textos, con su etiqueta; vacía, si no la tienen."""
    separator: str
    """Lo que separa sus columnas."""


def read_labelled_texts(
    path: str | os.PathLike[str], text: str = "text", label: str = "label"
) -> list[LabelledRow]:
    """Lee los textos y las etiquetas de un archivo CSV, como :func:`read_table`."""
    return read_table(path, text, label).rows


def read_table(path: str | os.PathLike[str], text: str = "text", label: str = "label") -> LabelledTable:
    """Lee los textos y las etiquetas de un archivo CSV en UTF-8 con una cabecera, que nombra las dos
    columnas. Las columnas las separan comas, puntos y comas, tabuladores o barras; la línea ``sep=;`` de
    Excel se pasa por alto. Las filas en blanco se saltan y las repetidas se quedan, aunque se contradigan:
    son datos, y quien los mide debe verlas. Una fila sin etiqueta es un texto por clasificar. La etiqueta
    queda sin espacios de más ni caracteres que no se ven; si dos solo se distinguen por mayúsculas, acentos o
    espacios, el error dice en qué líneas.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "textos.csv"
    ...     _ = path.write_text("tema;texto\\nbanca;Sin comisiones\\nocio;Vi un partido\\n", encoding="utf-8")
    ...     [row.line for row in read_labelled_texts(path, "texto", "tema")]
    [2, 3]
    """
    text, label = _seen(text), _seen(label)
    if text == label:
        raise ValueError(f"El texto y la etiqueta no pueden ser la misma columna ({text!r}).")
    content = ANNOUNCED.sub("", read_utf8(Path(path), SAVE_AS_UTF8))
    if not content.strip():
        raise ValueError(f"{Path(path).name} está vacío: escriba una cabecera y una fila por texto.")
    separator = _separator(content, (text, label))
    records = _records(content, separator)
    names = [_seen(name) for name in next(records)[1]]
    rows = []
    for line, cells in records:
        if len(cells) != len(names):
            found = f"Línea {line}: columnas, {len(cells)}; en la cabecera, {len(names)}."
            raise ValueError(f"{found} ¿Lleva un texto sin comillas el separador ({SEPARATORS[separator]})?")
        written, tag = cells[names.index(text)], _seen(cells[names.index(label)])
        if not _seen(written):
            raise ValueError(f"Línea {line}: falta el texto. Escríbalo o borre la fila.")
        rows.append(LabelledRow(written, tag, line))
    _check_labels([row for row in rows if row.label])
    return LabelledTable(rows, separator)


def _separator(content: str, wanted: tuple[str, str]) -> str:
    """Busca el separador con que la cabecera tiene las dos columnas."""
    found, fault = list[str](), None
    for separator in SEPARATORS:
        try:
            names = [_seen(name) for name in next(_records(content, separator), (1, []))[1]]
        except ValueError as error:  # con otro separador, las comillas pueden no cuadrar
            fault = error
            continue
        if all(names.count(name) == 1 for name in wanted):
            return separator
        found = max(found, names, key=len)
    if fault and len(found) < 2:  # ningún separador da columnas: lo que falla son las comillas
        raise fault
    had = ", ".join(map(repr, found))
    raise ValueError(f"Hacen falta las columnas {wanted[0]!r} y {wanted[1]!r}, y tiene: {had}.")


def _records(content: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Recorre los registros que no están en blanco, cada uno con la línea en que empieza."""
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(map(_seen, cells)):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(
            f"Línea {line}: las comillas no cuadran, o un campo pasa de {csv.field_size_limit()} letras. "
            'Un campo entre comillas empieza y termina con «"»; dentro, cada comilla se escribe dos veces.'
        ) from error


def _check_labels(rows: Sequence[LabelledRow]) -> None:
    """Exige dos etiquetas o más, y que no haya dos que parezcan la misma."""
    seen: dict[str, LabelledRow] = {}
    for row in rows:
        first = seen.setdefault(_bare(row.label), row)
        if first.label != row.label:
            raise ValueError(
                f"Las etiquetas {first.label!r} (línea {first.line}) y {row.label!r} (línea {row.line}) solo "
                "se distinguen por mayúsculas, acentos o espacios: escríbalas igual."
            )
    if len(seen) == len(rows) > 2:
        raise ValueError("Cada texto tiene una etiqueta distinta: ¿es esa la columna (--label)?")
    if len(seen) < 2:
        found = ", ".join(repr(row.label) for row in seen.values()) or "ninguna"
        raise ValueError(f"Hacen falta al menos dos etiquetas distintas, y hay: {found}.")


def _seen(text: str) -> str:
    """Lo que se ve de un texto: sin caracteres invisibles y con un espacio donde haya varios o un salto.

    Lo que junta las piezas de un emoji, o separa letras en persa, se ve, y se queda.

    >>> _seen("\u200b deporte\u200d "), len(_seen("👨\u200d👩\u200d👧")), _seen("❤\ufe0f") == _seen("❤")
    ('deporte', 5, True)
    """
    shown = " ".join(text.split())
    if not shown.isprintable() or PLAIN_OR_COLOUR in shown:  # casi ninguno: mirar letra a letra es lento
        shown = " ".join("".join(c for i, c in enumerate(text) if _is_seen(text, i)).split())
    return unicodedata.normalize("NFC", shown)


def _is_seen(text: str, place: int) -> bool:
    """Dice si un carácter cambia lo que se ve donde está."""
    letter = text[place]
    if letter in JOINERS:
        around = text[place - 1 : place] + text[place + 1 : place + 2]
        return len(around) == 2 and min(around) > LATIN
    return letter != PLAIN_OR_COLOUR and (unicodedata.category(letter) != "Cf" or letter in FLAG_TAGS)


def _bare(label: str) -> str:
    """Lo que queda de una etiqueta sin mayúsculas, acentos ni espacios; la ñ sigue siendo otra letra."""
    composed = unicodedata.normalize("NFC", label.casefold())
    letters = "".join(c if c == "ñ" else unicodedata.normalize("NFD", c) for c in composed)
    return "".join(c for c in letters if not unicodedata.combining(c) and not c.isspace())
