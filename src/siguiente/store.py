"""El almacén: directorios que se construyen una sola vez, enteros o nada.

Un directorio se escribe aparte, se asienta en el disco y aparece en su sitio con un cambio de nombre, que es
atómico: quien lo lea lo verá completo o no lo verá. Si el proceso muere a la mitad, el siguiente lo rehace.
"""

import errno
import hashlib
import json
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
from filelock import FileLock

__all__ = ["build_directory", "cache_dir", "directory", "is_intact", "write_atomically"]

MANIFEST = "manifest.json"
HEAD = 1 << 20  # lo que se relee de cada archivo en cada uso: basta para cabeceras y archivos pequeños
BLOCK = 1 << 22
MEGABYTE = 1_000_000


def cache_dir() -> Path:
    """Devuelve la carpeta donde el curso guarda lo que construye.

    Returns
    -------
    Path
        La de la variable de entorno `SIGUIENTE_CACHE` o, sin ella, la carpeta de caché del usuario.

    Examples
    --------
    >>> import os
    >>> from unittest import mock
    >>> with mock.patch.dict(os.environ, SIGUIENTE_CACHE="/tmp/curso"):
    ...     cache_dir().as_posix()
    '/tmp/curso'
    """
    chosen = os.environ.get("SIGUIENTE_CACHE")
    return Path(chosen).expanduser() if chosen else platformdirs.user_cache_path("siguiente", appauthor=False)


def build_directory(
    name: str, key: str, build: Callable[[Path], None], *, needed: int = 0, thorough: bool = False
) -> Path:
    """Devuelve el directorio de `name` y `key`; si falta o está dañado, lo construye.

    Dos procesos pueden pedirlo a la vez: uno construye y el otro espera. Nunca se ve a medio escribir.

    Parameters
    ----------
    name : str
        Nombre legible, como `gemma-3-270m`.
    key : str
        Lo que determina el contenido, como un resumen SHA-256: otra clave, otro directorio.
    build : callable
        Escribe los archivos en el directorio vacío que recibe.
    needed : int
        Bytes de disco que hacen falta, aproximadamente.
    thorough : bool
        Si es cierto, lo que ya estaba se relee entero antes de darlo por bueno.

    Returns
    -------
    Path
        El directorio, completo.

    Raises
    ------
    OSError
        Si no hay sitio en el disco o no se puede escribir en la caché.

    Examples
    --------
    >>> import os, tempfile
    >>> from unittest import mock
    >>> with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, SIGUIENTE_CACHE=folder):
    ...     made = build_directory("saludo", "1", lambda path: (path / "a.txt").write_text("hola") and None)
    ...     print((made / "a.txt").read_text(), is_intact(made))
    hola True
    """
    target = directory(name, key)
    if is_intact(target, thorough):
        return target
    with _locked(target):
        if not is_intact(target, thorough):  # otro proceso pudo terminarlo mientras esperábamos
            _clean(target)
            _require_space(target, needed)
            _build(target, build, needed)
    return target


def directory(name: str, key: str) -> Path:
    """Devuelve el directorio de `name` y `key`, esté o no construido.

    Examples
    --------
    >>> directory("saludo", "1").name
    'saludo-1'
    """
    return cache_dir() / f"{name}-{_short(key)}"


def _short(key: str) -> str:
    """Resume una clave larga: dos claves distintas nunca comparten directorio."""
    return key if len(key) <= 16 else hashlib.sha256(key.encode()).hexdigest()[:16]


def is_intact(path: Path, thorough: bool = False) -> bool:
    """Comprueba que un directorio está completo y que sus archivos no cambiaron.

    Parameters
    ----------
    path : Path
        El directorio que devolvió `build_directory`.
    thorough : bool
        Si es cierto, relee los archivos enteros (un segundo por gigabyte); si no, su tamaño y su comienzo.

    Returns
    -------
    bool
        Falso si falta algo o algo no coincide con lo que se anotó al construirlo.
    """
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        found = {file.name: _facts(file, thorough) for file in _files(path)}
        return bool(found == {name: facts[: len(found[name])] for name, facts in manifest["files"].items()})
    except (OSError, ValueError, KeyError, TypeError):
        return False


def write_atomically(path: Path, data: str | bytes) -> None:
    """Escribe un archivo entero o nada: quien lo lea verá el anterior o el nuevo, nunca la mitad.

    Parameters
    ----------
    path : Path
        El archivo; su carpeta debe existir. Si ya estaba, se sustituye.
    data : str or bytes
        El contenido; un texto se escribe en UTF-8, con sus saltos de línea como están.

    Raises
    ------
    OSError
        Si no se puede escribir. Lo que hubiera queda como estaba.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomically(Path(folder) / "saludo.txt", "¡Hola!")
    ...     print((Path(folder) / "saludo.txt").read_text(encoding="utf-8"))
    ¡Hola!
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(data.encode() if isinstance(data, str) else data)
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)
    except OSError as error:
        why = f"No se pudo escribir {path}: compruebe que hay sitio y que no lo tiene abierto otro programa."
        raise OSError(error.errno, why) from error
    finally:
        temporary.unlink(missing_ok=True)


def _files(path: Path) -> list[Path]:
    return sorted(file for file in path.iterdir() if file.is_file() and file.name != MANIFEST)


def _facts(file: Path, thorough: bool) -> list[int]:
    """Devuelve tamaño, suma de control del comienzo y, si se pide, la del archivo entero."""
    with file.open("rb") as stream:
        facts = [file.stat().st_size, zlib.crc32(stream.read(HEAD))]
        if thorough:
            stream.seek(0)
            checksum = 0
            while block := stream.read(BLOCK):
                checksum = zlib.crc32(block, checksum)
            facts.append(checksum)
    return facts


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    """Abre la caché y toma el turno de `target`; el sistema lo suelta si el proceso muere."""
    lock = FileLock(target.with_name(f"{target.name}.lock"))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:
        where = f"No se puede usar {target.parent} como caché ({error.strerror})"
        raise OSError(error.errno, f"{where}: indique otra carpeta en SIGUIENTE_CACHE.") from error
    try:
        yield
    finally:
        lock.release()


def _build(target: Path, build: Callable[[Path], None], needed: int) -> None:
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        build(temporary)
        _seal(temporary)
        temporary.replace(target)
        _sync(target.parent)
    except OSError as error:
        raise _translated(error, target, needed) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _seal(path: Path) -> None:
    """Asienta los archivos en el disco y escribe al final el manifiesto que los da por buenos."""
    facts = {file.name: _facts(file, thorough=True) for file in _files(path)}
    (path / MANIFEST).write_text(json.dumps({"files": facts}, indent=1), encoding="utf-8")
    for file in [*_files(path), path / MANIFEST, path]:
        _sync(file)


def _sync(path: Path) -> None:
    if path.is_dir() and os.name == "nt":  # Windows no deja abrir carpetas
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _clean(target: Path) -> None:
    """Borra lo que dejó un proceso muerto: con el turno tomado, nadie más lo está usando."""
    for left in [target, *target.parent.glob(f".{target.name}.*")]:
        if left.is_dir():
            shutil.rmtree(left)


def _require_space(target: Path, needed: int) -> None:
    if shutil.disk_usage(target.parent).free < needed:
        raise _full(target, needed)


def _full(target: Path, needed: int) -> OSError:
    free = shutil.disk_usage(target.parent).free // MEGABYTE
    wanted = f"hacen falta {-(-needed // MEGABYTE)} MB y quedan {free} MB" if needed else f"quedan {free} MB"
    return OSError(
        errno.ENOSPC,
        f"No hay sitio en el disco para {target.name}: {wanted} en {target.parent}. "
        "Libere espacio o indique otra carpeta en SIGUIENTE_CACHE.",
    )


def _translated(error: OSError, target: Path, needed: int) -> OSError:
    return _full(target, needed) if error.errno in (errno.ENOSPC, errno.EDQUOT) else error
