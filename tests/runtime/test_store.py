"""El almacén: enteros o nada, aunque el proceso muera, falte disco o dos procesos lo pidan a la vez."""

import errno
import os
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from siguiente.runtime import store
from siguiente.runtime.store import build_directory, discard, is_intact

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


def odd_manifest(made: Path) -> None:
    (made / "manifest.json").write_text('{"files": []}', encoding="utf-8")


def become_a_file(made: Path) -> None:
    shutil.rmtree(made)
    made.touch()


def become_a_link(made: Path) -> None:
    made.rename(made.with_name("lejos"))
    remove(made.with_name("lejos"))
    try:
        made.symlink_to(made.with_name("lejos"), target_is_directory=True)
    except OSError:
        pytest.skip("este sistema no deja crear enlaces")


DAMAGES = [truncate, alter_head, remove, add, lose_manifest, empty_manifest, odd_manifest]


@pytest.mark.parametrize("damage", [*DAMAGES, become_a_file, become_a_link])
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
    discard(made)
    assert is_intact(build_directory("modelo", "clave", write), thorough=True)


FOREIGN = [
    ".DS_Store",
    "Thumbs.db",
    "desktop.ini",
    ".nfs0001",
    "._config.json",
    ".ipynb_checkpoints/config.json",
]


@pytest.mark.parametrize("name", FOREIGN)
def test_what_the_system_or_an_explorer_left_damages_nothing(cache: Path, name: str) -> None:
    made = build_directory("modelo", "clave", write)
    (made / name).parent.mkdir(exist_ok=True)
    (made / name).write_bytes(b"\0\5\26\7")
    assert build_directory("modelo", "clave", forbidden) == made
    (made / "config.json").unlink()
    build_directory("modelo", "clave", write)
    assert leftovers(cache) == ["modelo-clave"]


def test_an_explorer_can_look_in_while_it_is_being_built(cache: Path) -> None:
    def watched(path: Path) -> None:
        write(path)
        (path / ".DS_Store").touch()

    made = build_directory("modelo", "clave", watched)
    (made / ".DS_Store").unlink()
    assert is_intact(made, thorough=True)


def test_what_cannot_be_deleted_yet_does_not_stop_the_new_one(cache: Path, monkeypatch) -> None:
    def held(path: Path) -> None:
        raise OSError(errno.ENOTEMPTY, "Directory not empty")

    made = build_directory("modelo", "clave", write)
    truncate(made)
    with monkeypatch.context() as patch:
        patch.setattr(
            shutil, "rmtree", lambda path, ignore_errors=False: None if ignore_errors else held(path)
        )
        build_directory("modelo", "clave", write)
    assert is_intact(made)
    assert len(leftovers(cache)) == 2, "lo dañado sigue aparte"
    truncate(made)
    build_directory("modelo", "clave", write)
    assert leftovers(cache) == ["modelo-clave"]


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


def numpy_says(path: Path) -> None:
    raise OSError("1000000 requested and 262128 written")


def torch_says(path: Path) -> None:
    raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 576 vs 534")


def safetensors_says(path: Path) -> None:
    raise Exception("Error while serializing: I/O error: No space left on device (os error 28)")


@pytest.mark.parametrize("fill", [numpy_says, torch_says, safetensors_says])
def test_each_library_tells_a_full_disk_in_its_way(cache: Path, monkeypatch, fill) -> None:
    cache.mkdir()
    if fill is not safetensors_says:  # ella borra lo que escribió
        monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 10**9, 0))
    with pytest.raises(OSError, match="No hay sitio en el disco para modelo-clave") as caught:
        build_directory("modelo", "clave", fill)
    assert caught.value.errno == errno.ENOSPC
    assert not str(caught.value).startswith("[")
    assert leftovers(cache) == []


@pytest.mark.parametrize("fail", [numpy_says, torch_says])
def test_what_fails_with_room_left_is_told_as_it_is(cache: Path, fail) -> None:
    with pytest.raises((OSError, RuntimeError), match=r"written|unexpected pos"):
        build_directory("modelo", "clave", fail)
    assert leftovers(cache) == []


CHILD = """
import sys, time
from pathlib import Path
from siguiente.runtime.store import build_directory

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
        process.kill()
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
