"""La conversión: una vez, entera, y con un aviso claro cuando no se puede."""

import dataclasses
import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest

from siguiente.llm.files import checkpoints
from siguiente.llm.files.checkpoints import checkpoint, checkpoint_key
from siguiente.runtime.store import is_intact

CHILD = """
import json, sys, time
from pathlib import Path
from siguiente.llm.files import checkpoints
from siguiente.llm.files.catalogue import ModelCard

card = ModelCard(**json.loads(Path(sys.argv[1]).read_text()))

def slow(card, path, target):
    (target / "model.safetensors").write_bytes(bytes(1000))
    print("escrito", flush=True)
    time.sleep(float(sys.argv[3]))

checkpoints._prepare = slow
print(checkpoints.checkpoint(card, sys.argv[2]))
"""


def child(card_file: Path, path: Path, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, str(card_file), str(path), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8")


def contents(cache: Path) -> list[str]:
    return sorted(p.name for p in cache.iterdir() if not p.name.endswith(".lock"))


def test_converts_once(tiny, cache) -> None:
    made = checkpoint(tiny.card, tiny.path)
    written = {p.name: p.stat().st_mtime_ns for p in made.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "manifest.json"} <= written.keys()
    assert checkpoint(tiny.card) == made, "convertido ya, no hace falta el archivo"
    assert {p.name: p.stat().st_mtime_ns for p in made.iterdir()} == written


def test_only_what_is_used_is_kept(tiny, cache) -> None:
    kept = {p.name for p in checkpoint(tiny.card, tiny.path).iterdir()} - {"chat_template.jinja"}
    assert kept == {"config.json", "model.safetensors", "tokenizer.json", "manifest.json"}


def test_only_chat_models_have_a_template(tiny, cache) -> None:
    template = checkpoint(tiny.card, tiny.path) / "chat_template.jinja"
    assert template.exists() == (tiny.card.kind == "chat")


def test_the_key_knows_the_file_the_shape_and_the_converter(tiny, monkeypatch) -> None:
    other = dataclasses.replace(tiny.card, sha256="0" * 64)
    assert checkpoint_key(other) != checkpoint_key(tiny.card)
    reshaped = dataclasses.replace(tiny.card, config={**tiny.card.config, "rms_norm_eps": 1e-4})
    assert checkpoint_key(reshaped) != checkpoint_key(tiny.card)
    before = checkpoint_key(tiny.card)
    monkeypatch.setattr(checkpoints, "CONVERTER_VERSION", checkpoints.CONVERTER_VERSION + 1)
    assert checkpoint_key(tiny.card) != before


def test_a_missing_file_says_how_to_install_it(tiny, cache) -> None:
    with pytest.raises(FileNotFoundError, match=f"Instálelo con `{tiny.card.install}`"):
        checkpoint(tiny.card)
    assert contents(cache) == []


@pytest.mark.parametrize("damage", ["truncated", "altered"])
def test_a_bad_file_is_not_converted(tiny, cache, tmp_path, damage: str) -> None:
    data = tiny.path.read_bytes()
    bad = tmp_path / "malo.gguf"
    bad.write_bytes(data[:1000] if damage == "truncated" else data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(ValueError, match="dañado o no es el publicado"):
        checkpoint(tiny.card, bad)
    assert contents(cache) == []


def test_a_full_disk_leaves_nothing(tiny, cache, monkeypatch) -> None:
    def fill(*arguments) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("siguiente.llm.files.conversion.convert", fill)
    with pytest.raises(OSError, match=r"No hay sitio en el disco .*hacen falta 61 MB"):
        checkpoint(tiny.card, tiny.path)
    assert contents(cache) == []


def test_a_killed_conversion_is_done_again(tiny, card_file, cache) -> None:
    with child(card_file, tiny.path, 60) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "escrito\n"
        process.kill()
    assert [name[0] for name in contents(cache)] == ["."], "solo lo que dejó el proceso muerto"
    made = checkpoint(tiny.card, tiny.path)
    assert contents(cache) == [made.name]
    assert is_intact(made, thorough=True)


def test_two_processes_convert_once(tiny, card_file, cache) -> None:
    with child(card_file, tiny.path, 1) as first, child(card_file, tiny.path, 1) as second:
        lines = [process.communicate(timeout=60)[0].splitlines() for process in (first, second)]
    assert sum("escrito" in printed for printed in lines) == 1
    assert {printed[-1] for printed in lines} == {str(checkpoint(tiny.card))}


def test_a_damaged_conversion_is_done_again(tiny, cache) -> None:
    made = checkpoint(tiny.card, tiny.path)
    good = (made / "model.safetensors").read_bytes()
    (made / "model.safetensors").write_bytes(good[:-4])
    assert (checkpoint(tiny.card, tiny.path) / "model.safetensors").read_bytes() == good


def test_the_progress_bar_is_for_terminals(tiny, cache, monkeypatch, capsys) -> None:
    checkpoint(tiny.card, tiny.path)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(checkpoints, "CONVERTER_VERSION", 0)
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    checkpoint(tiny.card, tiny.path)
    assert f"Preparando {tiny.card.title}" in capsys.readouterr().err
    monkeypatch.setattr(checkpoints, "CONVERTER_VERSION", -1)
    monkeypatch.setenv("TQDM_DISABLE", "1")
    checkpoint(tiny.card, tiny.path)
    assert capsys.readouterr().err == ""


def test_the_configuration_is_data(tiny, cache) -> None:
    written = json.loads((checkpoint(tiny.card, tiny.path) / "config.json").read_text(encoding="utf-8"))
    assert written == tiny.card.config
