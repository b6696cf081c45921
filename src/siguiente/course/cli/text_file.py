"""Leer el texto de cualquiera: un archivo en UTF-8, o un error que dice qué le pasa."""

import os
import re
from pathlib import Path

SAVE_AS_UTF8 = "Guárdelo de nuevo como texto, con la codificación UTF-8."
BLOCKS, BLOCK = 20, 100  # bloques en que se corta un texto, como poco, y sus palabras, como mucho
HELD_OUT = 10  # de cada cuántos bloques se aparta uno


def read_text(path: str | os.PathLike[str]) -> str:
    """Lee un texto en UTF-8 con que entrenar o medir, con todos los saltos de línea escritos ``\\n``.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "texto.txt"
    ...     _ = path.write_bytes("El niño\\r\\nno vino.".encode())
    ...     read_text(path)
    'El niño\\nno vino.'
    """
    path = Path(path)
    text = read_utf8(path, SAVE_AS_UTF8).replace("\r\n", "\n").replace("\r", "\n")
    if len("".join(text.split())) < 2:
        found = repr(text.strip()) if text.strip() else "vacío"
        raise ValueError(f"{path.name} no tiene qué aprender ({found}): hacen falta unas cuantas frases.")
    return text


def split_text(text: str) -> tuple[list[str], list[str]]:
    """Corta un texto de 20 palabras o más en bloques de 100 palabras como mucho y aparta el último décimo,
    para medir con lo que no se vio. Juntos son el texto, sin los espacios del final.

    >>> learn, held_out = split_text("uno dos tres cuatro cinco " * 8)
    >>> len(learn), held_out
    (18, [' dos tres', ' cuatro cinco'])
    """
    words = len(text.split())
    if words < BLOCKS:
        raise ValueError(f"El texto tiene menos de {BLOCKS} palabras: hace falta uno más largo.")
    blocks = re.findall(rf"(?:\s*\S+){{1,{min(BLOCK, words // BLOCKS)}}}", text)
    kept = len(blocks) - len(blocks) // HELD_OUT
    return blocks[:kept], blocks[kept:]


def corpus(path: Path | None, stories: int) -> tuple[list[str], list[str]]:
    """Los textos con que se aprende y aquellos con que se mide: de un archivo o, sin él, los cuentos."""
    from siguiente.course.data.stories import load_stories

    if path is None:
        return list(load_stories("train", stories)), list(load_stories("test", stories // HELD_OUT))
    return split_text(read_text(path))


def read_bytes(path: Path) -> bytes:
    """Lee un archivo entero; si no se puede abrir, lo dice."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise OSError(f"No se puede abrir {path}: compruebe que existe y que es un archivo.") from error


def read_utf8(path: Path, advice: str) -> str:
    """Lee un archivo en UTF-8 tal cual, sin la marca de comienzo que algunos programas le ponen.
    Otra codificación no se adivina: leer mal los acentos no daría ningún error. Si no es UTF-8, el error
    termina con `advice`, que dice qué hacer.
    """
    data = read_bytes(path)
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, byte = data.count(b"\n", 0, error.start) + 1, data[error.start]
        raise ValueError(f"{path.name} no está en UTF-8 (línea {line}, byte {byte:#x}). {advice}") from error
    if "\0" in content:
        raise ValueError(f"{path.name} no es un texto en UTF-8: tiene caracteres nulos. {advice}")
    return content
