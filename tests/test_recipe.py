"""Las recetas: una carpeta por clave, y una clave por lo que el código hace."""

import sys
from dataclasses import replace

import pytest

from siguiente import recipe as module
from siguiente import store
from siguiente.recipe import Recipe
from siguiente.store import directory, is_intact


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Una receta en una caché vacía, y lo que ha escrito."""
    monkeypatch.setenv("SIGUIENTE_CACHE", str(tmp_path))
    folders = []

    def write(folder):
        folders.append(folder)
        (folder / "a.txt").write_text("hola", encoding="utf-8")

    return Recipe("saludo", "siguiente.store", write), folders


def test_it_is_written_once_while_nothing_changes(written):
    recipe, folders = written
    assert recipe.build() == recipe.build()
    assert len(folders) == 1


@pytest.mark.parametrize("name", ["code_key", "version"])
def test_another_code_or_another_torch_writes_it_again(written, monkeypatch, name):
    recipe, folders = written
    before = recipe.build()
    monkeypatch.setattr(module, name, lambda asked: "otra")
    assert recipe.build() != before
    assert len(folders) == 2


def test_what_is_damaged_is_written_again(written):
    recipe, _ = written
    (recipe.build() / "a.txt").write_text("roto", encoding="utf-8")
    assert (recipe.build() / "a.txt").read_text(encoding="utf-8") == "hola"


def test_what_comes_after_sees_the_folder_in_its_place_and_never_a_failure(written, monkeypatch):
    recipe, _ = written
    seen = []
    recipe = replace(recipe, after=lambda: seen.append(is_intact(directory(recipe.name, recipe.key))))
    with monkeypatch.context() as patch:
        patch.setattr(store, "_seal", broken)
        with pytest.raises(OSError, match="roto"):
            recipe.build()
    assert seen == []
    recipe.build()
    assert seen == [True]


def broken(path):
    raise OSError("roto")


def test_using_it_is_announced_and_building_it_is_not(written):
    recipe, _ = written
    seen = []
    sys.addaudithook(lambda event, found: seen.append(*found) if event == "siguiente.resource" else None)
    recipe.build()
    assert seen == []
    recipe.folder()
    assert seen == ["artefact:saludo"]
