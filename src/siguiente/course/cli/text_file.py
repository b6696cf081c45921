"""Leer los textos de cualquiera: un archivo o una carpeta, en UTF-8.

Lo que no se puede leer es un error que dice qué le pasa; en una carpeta, un aviso, y se sigue con lo demás.
"""

import os
import re
import unicodedata
import warnings
from pathlib import Path

from siguiente.runtime.store import is_foreign

APART = {"node_modules", "__pycache__"}  # carpetas de otros programas
SAVE_AS_UTF8 = "Guárdelo de nuevo como texto, con la codificación UTF-8."
BLOCKS, BLOCK = 20, 100  # bloques en que se corta un texto, como poco, y sus palabras, como mucho
HELD_OUT = 10  # de cada cuántos bloques se aparta uno


def read_text(path: str | os.PathLike[str]) -> str:
    """Lee un texto en UTF-8 con que entrenar o medir, con todos los saltos de línea escritos ``\\n`` y cada
    letra con tilde en un solo carácter: macOS y los PDF las escriben en dos, y serían otras palabras.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "texto.txt"
    ...     _ = path.write_bytes("El niño\\r\\nno vino.".encode())
    ...     read_text(path)
    'El niño\\nno vino.'
    """
    path = Path(path)
    text = composed(read_utf8(path, SAVE_AS_UTF8))
    if len("".join(text.split())) < 2:
        found = repr(text.strip()) if text.strip() else "vacío"
        raise ValueError(f"{path.name} no tiene qué aprender ({found}): hacen falta unas cuantas frases.")
    return text


def composed(text: str) -> str:
    """El mismo texto, con los saltos de línea ``\\n`` y las letras compuestas (NFC).

    >>> composed("nin\u0303o\\r\\n")
    'niño\\n'
    """
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


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
    # Sin los espacios del final, que nada termina: buscarlos costaría el cuadrado de los que haya.
    blocks = re.findall(rf"(?:\s*\S+){{1,{min(BLOCK, words // BLOCKS)}}}", text.rstrip())
    kept = len(blocks) - len(blocks) // HELD_OUT
    return blocks[:kept], blocks[kept:]


def corpus(path: Path | None, stories: int) -> tuple[list[str], list[str]]:
    """Los textos con que se aprende y aquellos con que se mide: de un archivo o, sin él, los cuentos."""
    from siguiente.course.data.stories import load_stories

    if path is None:
        return list(load_stories("train", stories)), list(load_stories("test", stories // HELD_OUT))
    return split_text(read_text(path))


def read_folder(folder: Path, suffixes: tuple[str, ...]) -> dict[str, str]:
    """Lee los textos de una carpeta y de las que hay dentro, por su ruta desde ella y en orden.

    No mira lo oculto ni lo de otros programas. De lo que no es texto, o está vacío, avisa y sigue.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} no es una carpeta: indique la que tiene los textos.")
    files = [path for path in sorted(folder.rglob("*")) if is_wanted(path.relative_to(folder), suffixes)]
    texts = {}
    for path in filter(Path.is_file, files):
        name = path.relative_to(folder).as_posix()
        try:
            name.encode()
            text = composed(read_utf8(path, "No se lee."))
        except UnicodeEncodeError:  # no se podría escribir en los resultados
            warnings.warn(f"{name!a}: su nombre no está en UTF-8, cámbielo; no se lee.", stacklevel=2)
            continue
        except (ValueError, OSError) as error:
            warnings.warn(f"{name}: {error}", stacklevel=2)
            continue
        if text.strip():
            texts[name] = text
        else:
            warnings.warn(f"{name} está vacío: no se lee.", stacklevel=2)
    if not texts:
        raise ValueError(f"En {folder} no hay ningún texto ({', '.join(suffixes)}): ponga ahí los textos.")
    return texts


def is_wanted(path: Path, suffixes: tuple[str, ...]) -> bool:
    """Dice si una ruta, desde la carpeta que se lee, es de un texto de quien la usa.

    >>> [is_wanted(Path(name), (".txt",)) for name in ("a/B.TXT", ".git/x.txt", "._a.txt", "a.pdf")]
    [True, False, False, False]
    """
    other = any(is_foreign(part) or part in APART for part in path.parts)
    return path.suffix.lower() in suffixes and not other


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
