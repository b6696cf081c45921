"""Escribir un archivo entero o nada: enlaces, dispositivos, permisos, discos raros y varios a la vez."""

import errno
import os
import stat
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from siguiente.runtime import store
from siguiente.runtime.store import build_directory, write_atomically

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows no tiene estos permisos ni estos archivos")


def test_a_file_appears_whole_and_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_atomically(path, "uno\r\ndos\n")
    assert path.read_bytes() == b"uno\r\ndos\n"
    write_atomically(path, b"\xff")
    assert path.read_bytes() == b"\xff"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failing", [(Path, "replace"), (os, "fsync")])
@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "full"), OSError(errno.EIO, "bad"), KeyboardInterrupt()]
)
def test_a_write_that_fails_leaves_what_there_was(tmp_path: Path, monkeypatch, failing, error) -> None:
    path = tmp_path / "a.txt"
    path.write_text("antes")

    def fail(*arguments: object) -> None:
        raise error

    monkeypatch.setattr(*failing, fail)
    said = r"^No se pudo escribir .*a\.txt: (no queda sitio en el disco|el disco falla)\."
    with pytest.raises(type(error), match=said if isinstance(error, OSError) else None):
        write_atomically(path, "luego")
    assert [(file, file.read_text()) for file in tmp_path.iterdir()] == [(path, "antes")]


def test_a_text_that_cannot_be_encoded_touches_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("antes")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "\ud83d")
    assert path.read_text() == "antes"


def in_a_file(folder: Path) -> Path:
    (folder / "archivo").touch()
    return folder / "archivo" / "a.txt"


def looped(folder: Path) -> Path:
    (folder / "a.txt").symlink_to(folder / "a.txt")
    return folder / "a.txt"


def itself(folder: Path) -> Path:
    return folder


WRONG = [
    (lambda folder: folder / "nada" / "a.txt", "falta la carpeta"),
    (itself, "es una carpeta"),
    pytest.param(lambda folder: folder / ("a" * 300), "el nombre es demasiado largo", marks=POSIX),
    pytest.param(in_a_file, "parte de la ruta no es una carpeta", marks=POSIX),
    pytest.param(looped, "es un enlace que vuelve a sí mismo", marks=POSIX),
]


@pytest.mark.parametrize(("make", "why"), WRONG)
def test_a_place_that_cannot_be_says_why(tmp_path: Path, make, why: str) -> None:
    with pytest.raises(OSError, match=rf"^No se pudo escribir .*: {why}\.$"):
        write_atomically(make(tmp_path), "hola")


def test_a_long_name_is_as_good_as_another(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 250)
    write_atomically(path, "hola")
    assert path.read_text() == "hola"


def link(path: Path, target: Path | str) -> None:
    try:
        path.symlink_to(target)
    except OSError:
        pytest.skip("este sistema no deja crear enlaces")


def test_a_link_stays_a_link_and_its_file_is_written(tmp_path: Path) -> None:
    cloud = tmp_path / "nube"
    cloud.mkdir()
    (cloud / "charla.jsonl").write_text("antes")
    link(tmp_path / "charla.jsonl", Path("nube") / "charla.jsonl")
    link(tmp_path / "otra.jsonl", tmp_path / "charla.jsonl")
    write_atomically(tmp_path / "otra.jsonl", "luego")
    assert (cloud / "charla.jsonl").read_text() == "luego"
    assert (tmp_path / "charla.jsonl").is_symlink()
    assert (tmp_path / "otra.jsonl").is_symlink()
    assert len([*tmp_path.iterdir(), *cloud.iterdir()]) == 4


def test_a_link_to_what_is_not_there_yet_makes_it(tmp_path: Path) -> None:
    link(tmp_path / "a.txt", tmp_path / "b.txt")
    write_atomically(tmp_path / "a.txt", "hola")
    assert (tmp_path / "a.txt").is_symlink()
    assert (tmp_path / "b.txt").read_text() == "hola"


@POSIX
def test_a_pipe_is_written_and_not_replaced(tmp_path: Path) -> None:
    path, read = tmp_path / "tubo", list[str]()
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: read.append(path.read_text()), daemon=True)
    reader.start()
    write_atomically(path, "hola")
    reader.join(timeout=10)
    assert read == ["hola"]
    assert stat.S_ISFIFO(path.stat().st_mode)


@POSIX
def test_a_device_is_written_and_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "nada"
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.stat(os.devnull).st_rdev)  # noqa: PTH116
        path.read_bytes()
    except OSError:
        pytest.skip("hace falta poder crear dispositivos")
    write_atomically(path, "hola")
    assert stat.S_ISCHR(path.stat().st_mode)
    assert path.read_bytes() == b""


@POSIX
def test_the_standard_output_is_written_wherever_it_goes(tmp_path: Path) -> None:
    code = "from pathlib import Path; from siguiente.runtime.store import write_atomically as write\n"
    code += "print('antes', flush=True); write(Path('/dev/stdout'), 'hola\\n'); print('luego')"
    with (tmp_path / "salida").open("a") as out:  # como `>>`
        subprocess.run([sys.executable, "-c", code], stdout=out, check=True)
    assert (tmp_path / "salida").read_text() == "antes\nhola\nluego\n"
    piped = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert piped.stdout == b"antes\nhola\nluego\n"


@POSIX
@pytest.mark.parametrize("mode", [0o664, 0o600, 0o640])
def test_the_permissions_stay(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a.txt"
    path.write_text("antes")
    path.chmod(mode)
    write_atomically(path, "luego")
    assert stat.S_IMODE(path.stat().st_mode) == mode


@POSIX
def test_what_is_private_is_never_seen(tmp_path: Path, monkeypatch) -> None:
    path, modes = tmp_path / "a.txt", list[int]()
    path.write_text("antes")
    path.chmod(0o600)
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: modes.append(os.fstat(handle).st_mode) or fsync(handle))
    write_atomically(path, "luego")
    assert stat.S_IMODE(modes[0]) == 0o600


@POSIX
@pytest.mark.parametrize("mask", [0o022, 0o002, 0o077])
def test_a_new_file_has_the_permissions_of_the_mask(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        write_atomically(tmp_path / "a.txt", "hola")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o666 & ~mask


def fsync_fails(monkeypatch: pytest.MonkeyPatch, code: int, kind) -> None:
    """A partir de aquí, asentar lo que es de una clase da un error."""
    fsync = os.fsync

    def failing(handle: int) -> None:
        if kind(os.fstat(handle).st_mode):
            raise OSError(code, os.strerror(code))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", failing)


def write(path: Path) -> None:
    (path / "a.txt").write_text("hola")


UNSUPPORTED = ["EINVAL", "ENOTSUP", "EPERM", "EACCES", "EBADF", "ENOSYS"]


@POSIX
@pytest.mark.parametrize("name", UNSUPPORTED)
def test_a_disk_that_cannot_settle_folders_is_good(tmp_path: Path, monkeypatch, name: str) -> None:
    monkeypatch.setenv("SIGUIENTE_CACHE", str(tmp_path / "cache"))
    fsync_fails(monkeypatch, getattr(errno, name), stat.S_ISDIR)
    write_atomically(tmp_path / "a.txt", "hola")
    assert (tmp_path / "a.txt").read_text() == "hola"
    assert (build_directory("modelo", "clave", write) / "a.txt").read_text() == "hola"


def test_a_folder_that_cannot_be_opened_is_good(tmp_path: Path, monkeypatch) -> None:
    opened = os.open

    def failing(path, flags: int, *more, **options) -> int:
        if Path(path).is_dir():
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return opened(path, flags, *more, **options)

    monkeypatch.setattr(os, "open", failing)
    write_atomically(tmp_path / "a.txt", "hola")
    assert (tmp_path / "a.txt").read_text() == "hola"


@pytest.mark.parametrize("name", ["EINVAL", "ENOTSUP"])
def test_a_disk_that_settles_nothing_is_good(tmp_path: Path, monkeypatch, name: str) -> None:
    fsync_fails(monkeypatch, getattr(errno, name), stat.S_ISREG)
    write_atomically(tmp_path / "a.txt", "hola")
    assert (tmp_path / "a.txt").read_text() == "hola"


@pytest.mark.parametrize("name", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("kind", [stat.S_ISREG, pytest.param(stat.S_ISDIR, marks=POSIX)])
def test_a_disk_that_fails_is_said(tmp_path: Path, monkeypatch, name: str, kind) -> None:
    monkeypatch.setenv("SIGUIENTE_CACHE", str(tmp_path / "cache"))
    fsync_fails(monkeypatch, getattr(errno, name), kind)
    with pytest.raises(OSError, match=r"el disco falla|no queda sitio"):
        write_atomically(tmp_path / "a.txt", "hola")
    with pytest.raises(OSError, match=r"^No se puede usar .*el disco falla|^No hay sitio"):
        build_directory("modelo", "clave", write)


WRITER = """
import sys
from pathlib import Path
from siguiente.runtime.store import write_atomically

for _ in range(100):
    write_atomically(Path(sys.argv[1]), sys.argv[2] * 50_000)
"""


def test_writers_at_once_never_mix(tmp_path: Path) -> None:
    """Dos procesos, y dos hilos de este, sobre el mismo archivo: siempre se lee entero el de uno."""
    path, failed, done = tmp_path / "a.txt", list[BaseException](), threading.Event()
    path.write_text("z" * 50_000)

    def insist(letter: str) -> None:
        try:
            while not done.is_set():
                write_atomically(path, letter * 50_000)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=insist, args=[letter]) for letter in "cd"]
    commands = [[sys.executable, "-c", WRITER, str(path), letter] for letter in "ab"]
    processes = [subprocess.Popen(command) for command in commands]
    for thread in threads:
        thread.start()
    seen = set()
    while any(process.poll() is None for process in processes):
        with suppress(PermissionError):  # en Windows, mientras se sustituye
            text = path.read_text()
            seen.add((len(text), len(set(text))))
        time.sleep(0.002)
    done.set()
    for thread in threads:
        thread.join()
    assert [process.returncode for process in processes] == [0, 0]
    assert not failed
    assert seen == {(50_000, 1)}
    assert list(tmp_path.iterdir()) == [path]


def held(times: int):
    """Un cambio de nombre que falla unas veces, como en Windows con un archivo abierto."""
    left, replace = [times], Path.replace

    def replacing(source: Path, target: Path) -> Path:
        if left[0]:
            left[0] -= 1
            error = PermissionError(errno.EACCES, "Access is denied")
            error.winerror = 5
            raise error
        return replace(source, target)

    return replacing


def test_what_another_program_holds_for_a_moment_is_waited_for(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("SIGUIENTE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(store, "WAITS", (0.001, 0.001))
    monkeypatch.setattr(Path, "replace", held(2))
    write_atomically(tmp_path / "a.txt", "hola")
    assert (tmp_path / "a.txt").read_text() == "hola"
    monkeypatch.setattr(Path, "replace", held(2))
    assert (build_directory("modelo", "clave", write) / "a.txt").exists()


def test_what_another_program_holds_for_good_is_said(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(store, "WAITS", (0.001,))
    monkeypatch.setattr(Path, "replace", held(100))
    with pytest.raises(PermissionError, match=r"a\.txt: otro programa lo tiene abierto, o no hay permiso\."):
        write_atomically(tmp_path / "a.txt", "hola")
    assert list(tmp_path.iterdir()) == []
