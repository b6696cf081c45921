"""Las recetas: una carpeta por clave, una clave por lo que el código hace, y lo anotado mientras valga."""

import hashlib
import json
import sys

import pytest
import torch

from siguiente.runtime import recipe as module
from siguiente.runtime.recipe import Recipe, one_thread, recipe_key, versions, versions_key


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Una receta en una caché vacía y sin nada anotado, y lo que ha escrito."""
    monkeypatch.setenv("SIGUIENTE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "RECORDS", tmp_path / "records")
    monkeypatch.setattr(module, "code_key", lambda path: f"lo que hace {path}")
    folders = []

    def write(folder):
        folders.append(folder)
        (folder / "a.txt").write_text("hola", "utf8")

    return Recipe("un-saludo", "pkg.greetings", write), folders


def note(recipe, key, text="anotado"):
    """Anota una receta."""
    folder = module.RECORDS / recipe.name
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text(text, "utf8")
    files = {"a.txt": {"sha256": hashlib.sha256(text.encode()).hexdigest()}}
    (folder / "record.json").write_text(json.dumps({"key": key, "files": files}), "utf8")


def read(recipe):
    return (recipe.build() / "a.txt").read_text("utf8")


def test_it_is_written_once_while_nothing_changes(written):
    recipe, folders = written
    assert recipe.build() == recipe.build()
    assert len(folders) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("code_key", lambda path: "otro código"), ("versions_key", lambda: "otras versiones"), ("FORMAT", 0)],
)
def test_another_code_other_versions_or_another_format_write_it_again(written, monkeypatch, name, value):
    recipe, folders = written
    before = recipe.build()
    monkeypatch.setattr(module, name, value)
    assert recipe.build() != before
    assert len(folders) == 2


def test_the_key_is_that_of_the_constant_with_its_name(written, monkeypatch):
    recipe, _ = written
    seen = []
    monkeypatch.setattr(module, "code_key", lambda path: seen.append(path) or "1")
    assert recipe.key == recipe_key("un-saludo", "pkg.greetings.UN_SALUDO")
    assert set(seen) == {"pkg.greetings.UN_SALUDO"}


def test_what_is_damaged_is_written_again(written):
    recipe, _ = written
    (recipe.build() / "a.txt").write_text("roto", "utf8")
    assert read(recipe) == "hola"


def test_what_is_recorded_is_used_while_its_key_holds(written, monkeypatch):
    recipe, folders = written
    note(recipe, recipe.key)
    assert read(recipe) == "anotado"
    assert folders == []
    monkeypatch.setattr(module, "code_key", lambda path: "otro código")
    assert read(recipe) == "hola"


@pytest.mark.parametrize("damage", [lambda file: file.write_text("roto", "utf8"), lambda file: file.unlink()])
def test_a_damaged_record_is_said_and_never_used(written, damage):
    recipe, folders = written
    note(recipe, recipe.key)
    damage(module.RECORDS / recipe.name / "a.txt")
    with pytest.raises(ValueError, match=r"Lo anotado de un-saludo está dañado: a\.txt .* siguiente\.record"):
        recipe.build()
    assert folders == []


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"key": "1"}'])
def test_a_provenance_that_cannot_be_read_is_said(written, text):
    recipe, _ = written
    note(recipe, recipe.key)
    (module.RECORDS / recipe.name / "record.json").write_text(text, "utf8")
    with pytest.raises(ValueError, match=r"Lo anotado de un-saludo está dañado: record\.json"):
        recipe.build()


def announced(work):
    """Lo que se anuncia mientras se hace algo."""
    seen, watching = [], [True]
    sys.addaudithook(
        lambda event, found: seen.append((event, *found)) if watching and "sig" in event else None
    )
    work()
    watching.clear()
    return seen


def test_using_it_is_announced_and_building_it_is_not(written):
    recipe, _ = written
    assert announced(recipe.build) == []
    used = [("siguiente.resource", "artefact:un-saludo")]
    assert announced(recipe.folder) == used
    note(recipe, recipe.key)
    assert announced(recipe.folder) == used


def test_it_computes_with_one_thread_and_leaves_the_threads_as_they_were(written):
    recipe, _ = written
    threads, seen = torch.get_num_threads(), []
    recipe.write = lambda folder: seen.append(torch.get_num_threads())
    recipe.build()
    assert seen == [1]
    with pytest.raises(KeyError), one_thread():
        raise KeyError
    assert torch.get_num_threads() == threads


def test_the_versions_are_those_of_the_lock_in_every_system(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LOCK", tmp_path / "requirements.lock")
    installed, before = versions(), versions_key()
    assert installed["torch"] == torch.__version__.partition("+")[0]
    module.LOCK.write_text(
        "# nota\n" + "\n".join(f"{name}=={pin}" for name, pin in installed.items()), "utf8"
    )
    assert versions_key() == before
    module.LOCK.write_text("torch==99.0\n", "utf8")
    assert versions() == installed | {"torch": "99.0"}
    assert versions_key() != before
