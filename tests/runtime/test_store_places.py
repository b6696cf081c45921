"""Dónde está la caché y de quién es: relativa, sin usuario, de otra persona, de solo lectura o llena."""

import errno
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from siguiente.runtime import store
from siguiente.runtime.store import (
    build_directory,
    cache_dir,
    is_intact,
    settle_folders,
)

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows no tiene estos permisos")
ROOT = pytest.mark.skipif(
    getattr(os, "geteuid", lambda: 1)() != 0, reason="hace falta poder ser otro usuario"
)


def write(path: Path) -> None:
    (path / "a.txt").write_text("hola")
    (path / "b.txt").write_text("hasta luego")


def forbidden(path: Path) -> None:
    raise AssertionError("No debía construirse otra vez.")


# --- Qué carpeta es


def test_the_cache_can_be_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIGUIENTE_CACHE", raising=False)
    assert "siguiente" in cache_dir().parts
    monkeypatch.setenv("SIGUIENTE_CACHE", "~/otra")
    assert cache_dir() == Path.home() / "otra"


PLACES = """
import os, subprocess, sys
from siguiente.runtime.store import chosen_folder
os.chdir(sys.argv[1])
said = "from siguiente.runtime.store import chosen_folder as f; "
said += "print(f('SIGUIENTE_CACHE'), f('SIGUIENTE_MODELS'))"
exec(said)
sys.stdout.flush()
subprocess.run([sys.executable, "-c", said], check=True, cwd=sys.argv[2])
"""


def test_a_relative_folder_is_the_same_for_every_process(tmp_path: Path) -> None:
    """Para quien cambia de carpeta luego de empezar, y para los procesos que empieza en otra."""
    for name in "abc":
        (tmp_path / name).mkdir()
    env = {
        **os.environ,
        "SIGUIENTE_CACHE": "mi caché",
        "SIGUIENTE_MODELS": "modelos",
        "PYTHONIOENCODING": "utf-8",
    }
    command = [sys.executable, "-c", PLACES, str(tmp_path / "b"), str(tmp_path / "c")]
    done = subprocess.run(
        command, env=env, cwd=tmp_path / "a", capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout.splitlines() == [f"{tmp_path / 'a' / 'mi caché'} {tmp_path / 'a' / 'modelos'}"] * 2


def test_a_folder_chosen_later_is_settled_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIGUIENTE_CACHE", "cache")
    monkeypatch.delenv("SIGUIENTE_MODELS", raising=False)
    settle_folders()
    monkeypatch.chdir("/")
    assert cache_dir() == tmp_path / "cache"
    assert os.environ["SIGUIENTE_CACHE"] == str(tmp_path / "cache")


def test_a_user_who_does_not_exist_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGUIENTE_CACHE", "~nadie-con-este-nombre/cache")
    with pytest.raises(OSError, match=r"No se sabe qué carpeta es ~nadie.*: escriba la ruta entera\."):
        build_directory("modelo", "clave", forbidden)


def test_a_bad_folder_does_not_stop_who_does_not_use_it() -> None:
    env = {**os.environ, "SIGUIENTE_CACHE": "~nadie-con-este-nombre/cache"}
    subprocess.run([sys.executable, "-c", "import siguiente.runtime.store"], env=env, check=True)


@POSIX
def test_a_current_folder_that_is_gone_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    (tmp_path / "a").rmdir()
    monkeypatch.setenv("SIGUIENTE_CACHE", "cache")
    with pytest.raises(OSError, match="No se sabe qué carpeta es cache"):
        cache_dir()


def test_without_a_home_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless(*names: str, **options: object) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("SIGUIENTE_CACHE", raising=False)
    monkeypatch.setattr(store.platformdirs, "user_cache_path", homeless)
    with pytest.raises(OSError, match=r"carpeta del usuario: indique otra carpeta en SIGUIENTE_CACHE\."):
        build_directory("modelo", "clave", forbidden)


@POSIX
def test_a_home_that_cannot_be_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SIGUIENTE_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/dev/null/nadie")
    with pytest.raises(
        OSError, match=r"parte de la ruta no es una carpeta.*: indique otra .* SIGUIENTE_CACHE\."
    ):
        build_directory("modelo", "clave", forbidden)


def test_a_file_is_not_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "archivo").touch()
    monkeypatch.setenv("SIGUIENTE_CACHE", str(tmp_path / "archivo"))
    with pytest.raises(OSError, match=r"^No se puede usar .* como caché .* SIGUIENTE_CACHE") as caught:
        build_directory("modelo", "clave", forbidden)
    assert caught.value.errno in (errno.EEXIST, errno.ENOTDIR, errno.ENOENT)


# --- De quién es


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Una caché en una carpeta por la que todos pueden pasar, con la máscara corriente."""
    before = os.umask(0o022)
    folder = Path(tempfile.mkdtemp(prefix="siguiente-"))
    folder.chmod(0o755)
    monkeypatch.setenv("SIGUIENTE_CACHE", str(folder / "cache"))
    yield folder / "cache"
    os.umask(before)
    shutil.rmtree(folder)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


@POSIX
@pytest.mark.parametrize("mask", [0o022, 0o002, 0o077])
def test_the_mask_decides_who_may_use_it(shared: Path, mask: int) -> None:
    def private(path: Path) -> None:
        write(path)
        (path / "a.txt").chmod(0o600)  # como los deja safetensors

    os.umask(mask)
    made = build_directory("modelo", "clave", private)
    assert modes(shared) == {"modelo-clave": 0o777 & ~mask, "modelo-clave.lock": 0o666 & ~mask}
    assert set(modes(made)) == {"a.txt", "b.txt", "manifest.json"}
    assert set(modes(made).values()) == {0o666 & ~mask}


OTHER = 12345
AS_ANOTHER = f"""
import os, sys, tempfile
from pathlib import Path
from siguiente.runtime import store
from siguiente.runtime.store import build_directory, is_intact, write_atomically

def write(path):
    (path / "a.txt").write_text("de otra persona")

def forbidden(path):
    raise AssertionError("No debía construirse otra vez.")

cache = os.environ.pop("SIGUIENTE_CACHE")
os.environ["SIGUIENTE_CACHE"] = tempfile.mkdtemp()
build_directory("ensayo", "0", write)  # lo que falte por importar, antes de cambiar de usuario
store.shutil.rmtree(os.environ["SIGUIENTE_CACHE"])
os.environ["SIGUIENTE_CACHE"] = cache
os.setgroups([])
os.setgid({OTHER})
os.setuid({OTHER})
try:
    exec(sys.argv[1])
except OSError as error:
    print(error)
"""


def as_another(code: str) -> str:
    """Ejecuta un código como otra persona y devuelve lo que escribe."""
    done = subprocess.run(
        [sys.executable, "-c", AS_ANOTHER, code], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@ROOT
def test_what_is_finished_is_read_by_anyone_without_writing(shared: Path) -> None:
    made = build_directory("modelo", "clave", write)
    before = modes(shared)
    code = "print((build_directory('modelo', 'clave', forbidden) / 'a.txt').read_text())"
    assert as_another(code) == "hola"
    (shared / "modelo-clave.lock").unlink()
    assert as_another(code) == "hola", "lo terminado no necesita turno"
    assert modes(shared) == {name: before[name] for name in [made.name]}


@ROOT
def test_who_cannot_write_in_a_cache_is_told(shared: Path) -> None:
    build_directory("modelo", "clave", write)
    said = as_another("build_directory('otro', 'clave', forbidden)")
    assert said.startswith(f"No se puede usar {shared} como caché (no hay permiso: {shared}")
    assert said.endswith(": indique otra carpeta en SIGUIENTE_CACHE.")


@ROOT
def test_a_cache_of_all_grows_with_what_each_builds(shared: Path) -> None:
    build_directory("modelo", "clave", write)
    shared.chmod(0o1777)
    as_another("build_directory('otro', 'clave', write)")
    assert (build_directory("otro", "clave", forbidden) / "a.txt").read_text() == "de otra persona"


@ROOT
def test_a_group_takes_turns_and_mends_what_another_left_damaged(shared: Path) -> None:
    """Con la máscara de un grupo, quien llega luego usa el turno de otra persona y rehace lo suyo."""
    os.umask(0o002)
    made = build_directory("modelo", "clave", write)
    for path in [shared, made, shared / "modelo-clave.lock", *made.iterdir()]:
        os.chown(path, 0, OTHER)
    (made / "a.txt").write_text("roto")
    code = "made = build_directory('modelo', 'clave', write); print(is_intact(made), made.stat().st_uid)"
    assert as_another(code) == f"True {OTHER}"
    assert sorted(modes(shared)) == ["modelo-clave", "modelo-clave.lock"]


@ROOT
def test_what_another_keeps_private_is_not_taken_for_damaged(shared: Path) -> None:
    made = build_directory("modelo", "clave", write)
    shared.chmod(0o777)
    made.chmod(0o700)
    said = as_another("build_directory('modelo', 'clave', forbidden)")
    assert said.startswith(f"No se puede usar {shared} como caché (no hay permiso: {made}")
    assert said.endswith("indique otra carpeta en SIGUIENTE_CACHE.")
    assert is_intact(made, thorough=True)


@ROOT
def test_what_a_dead_process_of_another_left_does_not_stop_anyone(shared: Path) -> None:
    left = shared / ".modelo-clave.abcdefgh"
    left.mkdir(parents=True)
    (left / "a.txt").touch()
    shared.chmod(0o777)
    as_another("build_directory('modelo', 'clave', write)")
    assert (build_directory("modelo", "clave", forbidden) / "a.txt").read_text() == "de otra persona"


@ROOT
def test_a_home_that_cannot_be_written_says_what_to_do(shared: Path) -> None:
    code = f"del os.environ['SIGUIENTE_CACHE']; os.environ['HOME'] = {str(shared.parent)!r}"
    code += "; os.environ.pop('XDG_CACHE_HOME', None); build_directory('modelo', 'clave', forbidden)"
    said = as_another(code)
    assert said.startswith(f"No se puede usar {shared.parent}{os.sep}")
    assert said.endswith("indique otra carpeta en SIGUIENTE_CACHE.")


@ROOT
def test_without_a_home_nor_a_user_it_says_what_to_do(shared: Path) -> None:
    code = "[os.environ.pop(name, None) for name in ('SIGUIENTE_CACHE', 'HOME', 'XDG_CACHE_HOME')]"
    said = as_another(f"{code}; build_directory('modelo', 'clave', forbidden)")
    assert said == "No se sabe cuál es la carpeta del usuario: indique otra carpeta en SIGUIENTE_CACHE."


@ROOT
def test_a_protected_file_of_another_is_not_replaced(shared: Path) -> None:
    shared.mkdir()
    shared.chmod(0o777)
    path = shared / "a.txt"
    path.write_text("antes")
    said = as_another(f"write_atomically(Path({str(path)!r}), 'luego')")
    assert said == f"No se pudo escribir {path}: no hay permiso."
    assert path.read_text() == "antes"
    assert list(shared.iterdir()) == [path]


# --- En qué disco

SPACE = [
    "unshare",
    "--mount",
    *(["--user", "--map-root-user"] if getattr(os, "geteuid", lambda: 0)() else []),
]


def in_a_tiny_disk(folder: Path, code: str) -> str:
    """Ejecuta un código con un disco de 2 MB en una carpeta; el disco desaparece con el proceso."""
    place = f'mount -t tmpfs -o size=2m none "{folder}"'
    try:
        possible = (
            subprocess.run([*SPACE, "sh", "-c", place], capture_output=True, check=False).returncode == 0
        )
    except FileNotFoundError:
        possible = False
    if not possible:
        pytest.skip("hace falta poder montar un disco")
    command = [*SPACE, "sh", "-c", f'{place} && exec "$@"', "sh", sys.executable, "-c", code, str(folder)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


FULL_DISK = """
import os, sys
from pathlib import Path
import numpy, torch
from safetensors.torch import save_file
from siguiente.runtime.store import build_directory, is_intact, write_atomically

folder = Path(sys.argv[1])
os.environ["SIGUIENTE_CACHE"] = str(folder / "cache")

def small(path):
    (path / "a.txt").write_text("hola")

zeros = torch.zeros(1_000_000)
writers = {
    "python": lambda path: (path / "a").write_bytes(bytes(4_000_000)),
    "numpy": lambda path: numpy.save(path / "a.npy", zeros.numpy()),
    "torch": lambda path: torch.save(zeros, path / "a.pt"),
    "safetensors": lambda path: save_file({"zeros": zeros}, path / "a.safetensors"),
}
before = build_directory("anterior", "1", small)
for name, writer in writers.items():
    try:
        build_directory(name, "1", writer)
    except OSError as error:
        print(error)
try:
    build_directory("grande", "1", small, needed=3_000_000)
except OSError as error:
    print(error)
(folder / "texto").write_text("antes")
try:
    write_atomically(folder / "texto", bytes(4_000_000))
except OSError as error:
    print(error)
assert is_intact(before, thorough=True)
assert (folder / "texto").read_text() == "antes"
assert sorted(path.name for path in folder.iterdir()) == ["cache", "texto"]
print(sorted(path.name for path in (folder / "cache").iterdir() if path.suffix != ".lock"))
"""


def test_a_disk_that_is_really_full_says_so_and_keeps_what_there_was(tmp_path: Path) -> None:
    *said, left = in_a_tiny_disk(tmp_path, FULL_DISK).splitlines()
    full = "No hay sitio en el disco para {}-1: {} en {}. "
    full += "Libere espacio o indique otra carpeta en SIGUIENTE_CACHE."
    names = ("python", "numpy", "torch", "safetensors")
    assert said[:4] == [full.format(name, "se llenó al escribirlo", tmp_path / "cache") for name in names]
    assert said[4] == full.format("grande", "hacen falta 3 MB y quedan 2 MB", tmp_path / "cache")
    assert said[5:] == [f"No se pudo escribir {tmp_path / 'texto'}: no queda sitio en el disco."]
    assert left == "['anterior-1']"


READ_ONLY = """
import os, subprocess, sys
from pathlib import Path
from siguiente.runtime.store import build_directory, write_atomically

folder = Path(sys.argv[1])
os.environ["SIGUIENTE_CACHE"] = str(folder / "cache")

def write(path):
    (path / "a.txt").write_text("hola")

made = build_directory("modelo", "1", write)
subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
print(build_directory("modelo", "1", write) == made)
attempts = ((build_directory, "modelo", "2", write), (write_atomically, folder / "b.txt", "hola"))
for attempt, *given in attempts:
    try:
        attempt(*given)
    except OSError as error:
        print(error)
"""


def test_a_disk_of_only_reading_serves_what_is_finished(tmp_path: Path) -> None:
    read, *said = in_a_tiny_disk(tmp_path, READ_ONLY).splitlines()
    assert read == "True"
    assert said[0].startswith(
        f"No se puede usar {tmp_path / 'cache'} como caché (el disco es de solo lectura: "
    )
    assert said[0].endswith(": indique otra carpeta en SIGUIENTE_CACHE.")
    assert said[1:] == [f"No se pudo escribir {tmp_path / 'b.txt'}: el disco es de solo lectura."]
