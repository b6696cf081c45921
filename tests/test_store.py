"""El almacén: enteros o nada, aunque el proceso muera, falte disco o dos procesos lo pidan a la vez."""

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from siguiente import store
from siguiente.store import build_directory, cache_dir, is_intact, write_atomically

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIGUIENTE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def write(path: Path) -> None:
    (path / "weights.bin").write_bytes(bytes(range(256)) * 10_000)
    (path / "config.json").write_text("{}", encoding="utf-8")


def forbidden(path: Path) -> None:
    raise AssertionError("No debía construirse otra vez.")


def leftovers(cache: Path) -> list[str]:
    return sorted(p.name for p in cache.iterdir() if not p.name.endswith(".lock"))


def test_the_cache_can_be_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIGUIENTE_CACHE", raising=False)
    assert "siguiente" in cache_dir().parts
    monkeypatch.setenv("SIGUIENTE_CACHE", "~/otra")
    assert cache_dir() == Path.home() / "otra"


def test_builds_once(cache: Path) -> None:
    made = build_directory("modelo", "clave", write)
    assert build_directory("modelo", "clave", forbidden) == made
    assert is_intact(made, thorough=True)
    assert leftovers(cache) == ["modelo-clave"]


def test_another_key_is_another_directory(cache: Path) -> None:
    assert build_directory("modelo", "1", write) != build_directory("modelo", "2", write)


def test_a_build_that_fails_leaves_nothing(cache: Path) -> None:
    def fail(path: Path) -> None:
        write(path)
        raise ValueError("a la mitad")

    with pytest.raises(ValueError, match="a la mitad"):
        build_directory("modelo", "clave", fail)
    assert leftovers(cache) == []
    build_directory("modelo", "clave", write)


def truncate(made: Path) -> None:
    os.truncate(made / "weights.bin", 1000)


def alter_head(made: Path) -> None:
    with (made / "weights.bin").open("r+b") as file:
        file.write(b"otro")


def remove(made: Path) -> None:
    (made / "config.json").unlink()


def add(made: Path) -> None:
    (made / "sobra.txt").touch()


def lose_manifest(made: Path) -> None:
    (made / "manifest.json").unlink()


def empty_manifest(made: Path) -> None:
    (made / "manifest.json").write_text("[]", encoding="utf-8")


@pytest.mark.parametrize("damage", [truncate, alter_head, remove, add, lose_manifest, empty_manifest])
def test_what_is_damaged_is_built_again(cache: Path, damage) -> None:
    made = build_directory("modelo", "clave", write)
    damage(made)
    assert not is_intact(made)
    assert is_intact(build_directory("modelo", "clave", write))
    assert sorted(p.name for p in made.iterdir()) == ["config.json", "manifest.json", "weights.bin"]


def test_damage_in_the_middle_is_found_by_reading_everything(cache: Path) -> None:
    made = build_directory("modelo", "clave", write)
    with (made / "weights.bin").open("r+b") as file:
        file.seek(store.HEAD + 5)
        file.write(b"otro")
    assert is_intact(made)
    assert not is_intact(made, thorough=True)
    assert is_intact(build_directory("modelo", "clave", write, thorough=True), thorough=True)


def test_no_room_is_said_before_starting(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 10**9 - 7_000_000, 7_000_000))
    with pytest.raises(OSError, match="hacen falta 1200 MB y quedan 7 MB") as caught:
        build_directory("modelo", "clave", forbidden, needed=1_199_500_000)
    assert caught.value.errno == errno.ENOSPC
    assert "SIGUIENTE_CACHE" in str(caught.value)


def test_a_disk_that_fills_up_leaves_nothing(cache: Path) -> None:
    def fill(path: Path) -> None:
        write(path)
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match=r"No hay sitio en el disco para modelo-clave: hacen falta 1 MB"):
        build_directory("modelo", "clave", fill, needed=1_000_000)
    assert leftovers(cache) == []


def test_a_cache_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "archivo").touch()
    monkeypatch.setenv("SIGUIENTE_CACHE", str(tmp_path / "archivo"))
    with pytest.raises(OSError, match=r"No se puede usar .* como caché .* SIGUIENTE_CACHE"):
        build_directory("modelo", "clave", forbidden)


CHILD = """
import sys, time
from pathlib import Path
from siguiente.store import build_directory

def build(path):
    (path / "weights.bin").write_bytes(b"media obra")
    with Path(sys.argv[1]).open("a") as log:
        log.write("construido\\n")
    print("escrito", flush=True)
    time.sleep(float(sys.argv[2]))

print(build_directory("modelo", "clave", build))
"""


def child(log: Path, seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(log), str(seconds)], stdout=subprocess.PIPE, text=True
    )


def test_a_killed_process_leaves_nothing_in_use(cache: Path, tmp_path: Path) -> None:
    with child(tmp_path / "log", 60) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "escrito\n"
        process.send_signal(signal.SIGKILL)
    assert not (cache / "modelo-clave").exists()
    assert len(leftovers(cache)) == 1, "el proceso debía morir a la mitad"
    build_directory("modelo", "clave", write)
    assert leftovers(cache) == ["modelo-clave"]


def test_two_processes_at_once_build_once(cache: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with child(log, 1) as first, child(log, 1) as second:
        printed = [process.communicate(timeout=60)[0].splitlines()[-1] for process in (first, second)]
    assert printed == [str(cache / "modelo-clave")] * 2
    assert log.read_text() == "construido\n"
    assert (first.returncode, second.returncode) == (0, 0)


def test_a_file_appears_whole_and_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_atomically(path, "uno\r\ndos\n")
    assert path.read_bytes() == b"uno\r\ndos\n"
    write_atomically(path, b"\xff")
    assert path.read_bytes() == b"\xff"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failing", ["replace", "write_bytes"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "lleno"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_what_there_was(tmp_path: Path, monkeypatch, failing, error) -> None:
    path = tmp_path / "a.txt"
    path.write_text("antes")

    def fail(*arguments: object) -> None:
        raise error

    monkeypatch.setattr(Path, failing, fail)
    with pytest.raises(type(error), match="No se pudo escribir" if isinstance(error, OSError) else None):
        write_atomically(path, "después")
    assert [(file, file.read_text()) for file in tmp_path.iterdir()] == [(path, "antes")]
