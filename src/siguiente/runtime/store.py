"""El almacén: directorios que se construyen una sola vez, enteros o nada.

Un directorio se escribe aparte, se asienta en el disco y aparece en su sitio con un cambio de nombre, que es
atómico: quien lo lea lo verá completo o no lo verá. Si el proceso muere a la mitad, el siguiente lo rehace.
Lo terminado solo se lee, sin turnos ni permiso de escritura: varios usuarios pueden compartir la caché.
"""

import errno
import hashlib
import json
import os
import re
import secrets
import shutil
import stat
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import platformdirs
from filelock import FileLock

MANIFEST = "manifest.json"
HEAD = 1 << 20  # lo que se relee de cada archivo en cada uso: basta para cabeceras y archivos pequeños
BLOCK = 1 << 22
MEGABYTE = 1_000_000
# Segundos que se espera en Windows a que un antivirus o un lector suelten lo que se va a sustituir.
WAITS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6) if os.name == "nt" else ()
ELSEWHERE = "indique otra carpeta en SIGUIENTE_CACHE"
# Lo que ya está abierto con otro nombre: aunque sea un archivo, sustituirlo lo perdería.
STREAM = re.compile(r"/dev/std\w+|/dev/fd/\d+|/proc/\w+/fd/\d+")
FULL = (errno.ENOSPC, errno.EDQUOT)
# Así lo dice safetensors, que no lanza `OSError`; 112 es el número de Windows.
FULL_SIGNS = tuple(f"(os error {code})" for code in (*FULL, 112))
# Lo que responde un sistema que no ofrece el asentamiento, o que de una carpeta no lo permite.
UNSETTLED = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}
UNSETTLED |= {errno.EBADF, errno.EISDIR, errno.EPERM, errno.EACCES}
WHY = {
    **dict.fromkeys(FULL, "no queda sitio en el disco"),
    **dict.fromkeys((errno.EACCES, errno.EPERM), "no hay permiso"),
    errno.EROFS: "el disco es de solo lectura",
    errno.ENOENT: "falta la carpeta",
    errno.ENOTDIR: "parte de la ruta no es una carpeta",
    errno.EEXIST: "ya hay un archivo con ese nombre",
    errno.EISDIR: "es una carpeta",
    errno.ELOOP: "es un enlace que vuelve a sí mismo",
    errno.ENAMETOOLONG: "el nombre es demasiado largo",
    errno.EBUSY: "otro programa lo está usando",
    errno.EIO: "el disco falla",
}


def cache_dir() -> Path:
    """Devuelve la carpeta de lo que el curso construye: `SIGUIENTE_CACHE` o la de caché del usuario."""
    try:
        return chosen_folder("SIGUIENTE_CACHE") or platformdirs.user_cache_path("siguiente", appauthor=False)
    except RuntimeError as error:
        raise OSError(f"No se sabe cuál es la carpeta del usuario: {ELSEWHERE}.") from error


def chosen_folder(variable: str) -> Path | None:
    """Devuelve la carpeta que indica una variable de entorno, o `None` si no indica ninguna.

    Una ruta relativa cuenta desde donde está el proceso al leerla por primera vez. Se anota entera en la
    variable, para que ni un cambio de carpeta ni un proceso hijo la lleven a otro sitio.

    >>> import os
    >>> from unittest import mock
    >>> with mock.patch.dict(os.environ, SIGUIENTE_MODELS="modelos"):
    ...     chosen_folder("SIGUIENTE_MODELS") == Path.cwd() / "modelos"
    True
    """
    if not (chosen := os.environ.get(variable)):
        return None
    folder = whole_path(chosen)
    os.environ[variable] = str(folder)
    return folder


def settle_folders() -> None:
    """Deja enteras en el entorno las rutas de las carpetas elegidas, para los procesos que vengan."""
    for variable in ("SIGUIENTE_CACHE", "SIGUIENTE_MODELS"):
        chosen_folder(variable)


def whole_path(path: Path | str) -> Path:
    """Devuelve la ruta entera: `~` es la carpeta del usuario, y lo relativo cuenta desde la actual."""
    try:
        return Path(path).expanduser().absolute()
    except (RuntimeError, FileNotFoundError) as error:
        raise OSError(f"No se sabe qué carpeta es {path}: escriba la ruta entera.") from error


def build_directory(name: str, key: str, build: Callable[[Path], None], *, needed: int = 0) -> Path:
    """Devuelve el directorio de `name` y `key`; si falta o está dañado, lo construye.

    Dos procesos pueden pedirlo a la vez: uno construye y el otro espera. Nunca se ve a medio escribir. La
    clave es lo que determina el contenido, como un resumen SHA-256: otra clave, otro directorio. `build`
    escribe los archivos en el directorio vacío que recibe; `needed` son los bytes de disco que hacen falta,
    aproximadamente.

    >>> import os, tempfile
    >>> from unittest import mock
    >>> with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, SIGUIENTE_CACHE=folder):
    ...     made = build_directory("saludo", "1", lambda path: (path / "a.txt").write_text("hola") and None)
    ...     print((made / "a.txt").read_text(), is_intact(made))
    hola True
    """
    target = directory(name, key)
    if is_intact(target):
        return target
    with _usable(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        turn = FileLock(target.with_name(f"{target.name}.lock")).acquire()  # si el proceso muere, se suelta
    with turn:
        if not is_intact(target):  # otro proceso pudo terminarlo mientras esperábamos
            _build(target, build, needed)
    return target


def directory(name: str, key: str) -> Path:
    """Devuelve el directorio de `name` y `key`, esté o no construido; una clave larga se resume."""
    short = key if len(key) <= 16 else hashlib.sha256(key.encode()).hexdigest()[:16]
    return cache_dir() / f"{name}-{short}"


def is_intact(path: Path, thorough: bool = False) -> bool:
    """Comprueba que un directorio está completo y que sus archivos no cambiaron.

    Mira el tamaño y el comienzo de cada archivo; con `thorough`, el archivo entero (un segundo por gigabyte).
    Lo que no se puede leer no se da por dañado, porque quizá es de otra persona: es un `PermissionError`.
    """
    with _usable(path.parent):
        try:
            known = json.loads((path / MANIFEST).read_text(encoding="utf-8"))["files"]
            found = {file.name: _facts(file, thorough) for file in _files(path)}
            return bool(found == {name: facts[: len(found[name])] for name, facts in known.items()})
        except PermissionError:
            raise
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return False


def discard(path: Path) -> None:
    """Deja de dar por bueno un directorio: quien lo pida lo construirá otra vez."""
    with _usable(path.parent), suppress(FileNotFoundError, NotADirectoryError):
        (path / MANIFEST).unlink()


def is_foreign(name: str) -> bool:
    """Dice si un archivo lo dejó el sistema o un explorador de archivos: no daña la carpeta donde está.

    >>> [name for name in [".DS_Store", "config.json", "._config.json", "Thumbs.db"] if is_foreign(name)]
    ['.DS_Store', '._config.json', 'Thumbs.db']
    """
    return name.startswith(".") or name.lower() in {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"}


def write_atomically(path: Path, data: str | bytes) -> None:
    """Escribe un archivo entero o nada: quien lo lea verá el anterior o el nuevo, nunca la mitad.

    Sigue los enlaces y conserva los permisos; un texto se escribe en UTF-8, con sus saltos de línea como
    están. Lo que no es un archivo corriente, como `/dev/null` o `/dev/stdout`, no se sustituye: se escribe en
    él.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomically(Path(folder) / "saludo.txt", "¡Hola!")
    ...     print((Path(folder) / "saludo.txt").read_text(encoding="utf-8"))
    ¡Hola!
    """
    content = data.encode() if isinstance(data, str) else data
    try:
        mode = _mode(path)
        if mode is None or (stat.S_ISREG(mode) and not STREAM.fullmatch(str(path))):
            _substitute(Path(os.path.realpath(path)), content, mode)
        else:
            with path.open("ab") as stream:
                stream.write(content)
    except OSError as error:
        raise _said(error, f"No se pudo escribir {path}: {_why(error)}.") from error


def _mode(path: Path) -> int | None:
    """Tipo y permisos de lo que hay en una ruta, siguiendo los enlaces; `None` si no hay nada."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if stat.S_ISREG(mode) and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    return mode


def _substitute(target: Path, content: bytes, mode: int | None) -> None:
    """Escribe al lado, con un nombre que nadie más usa, y lo pone en su sitio."""
    temporary = target.with_name(f".siguiente-{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as stream:
            if mode is not None:  # antes de escribir: lo privado no se ve ni un momento
                _allow(temporary, mode)
            stream.write(content)
        _settle(temporary)
        _replace(temporary, target)
        _settle(target.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _allow(path: Path, mode: int) -> None:
    """Da unos permisos a un archivo; hay discos que no los tienen."""
    with suppress(OSError):
        path.chmod(stat.S_IMODE(mode))


def _files(path: Path) -> list[Path]:
    files = (file for file in path.iterdir() if file.name != MANIFEST and not is_foreign(file.name))
    return sorted(file for file in files if file.is_file())


def _facts(file: Path, thorough: bool) -> list[int]:
    """Devuelve tamaño, suma de control del comienzo y, si se pide, la del archivo entero."""
    with file.open("rb") as stream:
        head = checksum = zlib.crc32(stream.read(HEAD))
        while thorough and (block := stream.read(BLOCK)):
            checksum = zlib.crc32(block, checksum)
    return [file.stat().st_size, head, *([checksum] if thorough else [])]


@contextmanager
def _usable(cache: Path) -> Iterator[None]:
    """Explica por qué no se puede escribir en la caché, y qué hacer."""
    try:
        yield
    except OSError as error:
        where = f"No se puede usar {cache} como caché ({_why(error)}: {error.filename or cache})"
        raise _said(error, f"{where}: {ELSEWHERE}.") from error


def _build(target: Path, build: Callable[[Path], None], needed: int) -> None:
    """Construye en una carpeta aparte y la pone en su sitio; si algo falla, no deja nada."""
    temporary = _aside(target)
    try:
        with _usable(target.parent):
            _clean(target)
            temporary.mkdir()
        if shutil.disk_usage(temporary).free < needed:
            raise OSError(errno.ENOSPC, "")
        build(temporary)
        with _usable(target.parent):
            _seal(temporary)
            _replace(temporary, target)
            _settle(target.parent)
    except Exception as error:
        if not _filled(error, temporary):
            raise
        shutil.rmtree(temporary, ignore_errors=True)  # antes de contar lo que queda
        raise _full(target, needed) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _aside(target: Path) -> Path:
    """Un nombre que nadie más usa para lo que aún no está, o ya no está, en su sitio."""
    return target.with_name(f".{target.name}.{secrets.token_hex(4)}")


def _clean(target: Path) -> None:
    """Quita lo dañado y lo que dejó un proceso muerto: con el turno tomado, nadie más lo está escribiendo."""
    if target.is_symlink() or target.exists():
        _replace(target, _aside(target))  # de una vez: nadie lo ve a medio borrar
    for left in target.parent.glob(f".{target.name}.????????"):
        with suppress(OSError):  # lo que aún está abierto, o es de otra persona, no estorba
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()


def _seal(path: Path) -> None:
    """Asienta los archivos en el disco y escribe al final el manifiesto que los da por buenos."""
    facts = {file.name: _facts(file, thorough=True) for file in _files(path)}
    manifest = path / MANIFEST
    manifest.write_text(json.dumps({"files": facts}, indent=1), encoding="utf-8")
    mode = manifest.stat().st_mode  # la que da la umask; safetensors escribe archivos privados
    for file in [*_files(path), manifest]:
        _allow(file, mode)
        _settle(file)
    _settle(path)


def _settle(path: Path) -> None:
    """Espera a que un archivo, o los nombres de una carpeta, estén en el disco, si el sistema lo ofrece."""
    try:
        handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno not in UNSETTLED:
            raise


def _replace(source: Path, target: Path) -> None:
    """Pone algo en su sitio de una vez; `WAITS` son los segundos que espera a quien lo tenga abierto."""
    for seconds in WAITS:
        with suppress(PermissionError):
            source.replace(target)
            return
        time.sleep(seconds)
    source.replace(target)


def _filled(error: Exception, folder: Path) -> bool:
    """Dice si lo que falló al escribir fue por un disco lleno: cada biblioteca lo cuenta a su manera."""
    if getattr(error, "errno", None) in FULL or any(sign in str(error) for sign in FULL_SIGNS):
        return True
    return folder.exists() and shutil.disk_usage(folder).free < MEGABYTE // 10


def _full(target: Path, needed: int) -> OSError:
    free = shutil.disk_usage(target.parent).free // MEGABYTE
    missing = (
        f"hacen falta {-(-needed // MEGABYTE)} MB y quedan {free} MB" if needed else "se llenó al escribirlo"
    )
    problem = f"No hay sitio en el disco para {target.name}: {missing} en {target.parent}."
    return _said(OSError(errno.ENOSPC, missing), f"{problem} Libere espacio o {ELSEWHERE}.")


def _why(error: OSError) -> str:
    """Dice con pocas palabras por qué falló."""
    if isinstance(error, PermissionError) and getattr(error, "winerror", None):
        return "otro programa lo tiene abierto, o no hay permiso"  # Windows no los distingue
    return WHY.get(error.errno or 0) or error.strerror or str(error)


def _said(error: OSError, message: str) -> OSError:
    """El mismo error con nuestras palabras: conserva su número, pero no lo escribe delante."""
    said = type(OSError(error.errno or 0, ""))(message)  # la clase que corresponde al número
    said.errno = error.errno
    return said


with suppress(OSError):  # lo que no se entienda se dice al usarlo
    settle_folders()
