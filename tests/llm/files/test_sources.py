"""De dónde sale el archivo de un modelo y qué pasa cuando falta o no es el que debe ser."""

import dataclasses
from pathlib import Path

import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from siguiente.llm.files import sources
from siguiente.llm.files.sources import find, join, verify


def test_parts_are_one_file(tiny, tmp_path) -> None:
    data, parts = tiny.path.read_bytes(), [tmp_path / name for name in "abc"]
    for part, (first, end) in zip(parts, [(0, 100), (100, 100), (100, None)], strict=True):
        part.write_bytes(data[first:end])
    verify(tiny.card, parts)
    assert join(parts, tmp_path / "entero").read_bytes() == data


def test_missing_everywhere(tiny, cache) -> None:
    with pytest.raises(FileNotFoundError, match=f"Instálelo con `{tiny.card.install}`") as caught:
        find(tiny.card)
    assert "SIGUIENTE_MODELS" in str(caught.value)
    assert "SIGUIENTE_HUB=1" in str(caught.value)


def test_order_of_sources(tiny, cache, tmp_path, monkeypatch) -> None:
    package, folder, given_path = (tmp_path / name for name in ("paquete", "carpeta", "dado"))
    for place in (package, folder, given_path):
        place.mkdir()
        (place / tiny.card.filename).touch()
    monkeypatch.setattr(sources, "_downloaded", lambda card: Path("red"))
    monkeypatch.setenv("SIGUIENTE_HUB", "1")
    assert find(tiny.card) == (Path("red"),)
    monkeypatch.setattr(sources.metadata, "distribution", lambda name: FakeDistribution(package))
    assert find(tiny.card) == (package / tiny.card.filename,)
    monkeypatch.setenv("SIGUIENTE_MODELS", str(folder))
    assert find(tiny.card) == (folder / tiny.card.filename,)
    assert find(tiny.card, given_path) == (given_path / tiny.card.filename,)


def test_a_relative_folder_of_models_does_not_move(tiny, cache, tmp_path, monkeypatch) -> None:
    (tmp_path / "modelos").mkdir()
    (tmp_path / "modelos" / tiny.card.filename).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIGUIENTE_MODELS", "modelos")
    assert find(tiny.card) == (tmp_path / "modelos" / tiny.card.filename,)
    monkeypatch.chdir(tmp_path / "modelos")
    assert find(tiny.card) == (tmp_path / "modelos" / tiny.card.filename,)


@pytest.mark.parametrize("given", [True, False])
def test_the_folder_of_a_user_who_does_not_exist(tiny, cache, monkeypatch, given: bool) -> None:
    place = "~nadie-con-este-nombre/modelos"
    monkeypatch.setenv("SIGUIENTE_MODELS", place)
    with pytest.raises(OSError, match=f"No se sabe qué carpeta es {place}: escriba la ruta entera"):
        find(tiny.card, place if given else None)


class FakeDistribution:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def locate_file(self, path: str) -> Path:
        return self.folder / path


def test_the_network_is_not_used_without_leave(tiny, cache, monkeypatch) -> None:
    def fail(card):
        raise AssertionError("No debía usar la red.")

    monkeypatch.setattr(sources, "_downloaded", fail)
    with pytest.raises(FileNotFoundError):
        find(tiny.card)


def test_a_download_that_fails(tiny, cache, monkeypatch) -> None:
    def fail(*arguments, **options):
        raise LocalEntryNotFoundError("sin red")

    monkeypatch.setenv("SIGUIENTE_HUB", "1")
    monkeypatch.setattr("huggingface_hub.hf_hub_download", fail)
    with pytest.raises(FileNotFoundError, match=r"No se pudo descargar .* \(sin red\).*Instálelo con"):
        find(tiny.card)


def test_a_given_path_that_does_not_exist(tiny, tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match=f"indique {tiny.card.filename}"):
        find(tiny.card, tmp_path / "nada.gguf")


def test_an_installed_package_without_its_file(tiny, cache, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(sources.metadata, "distribution", lambda name: FakeDistribution(tmp_path / "vacía"))
    with pytest.raises(FileNotFoundError, match="--force-reinstall"):
        find(tiny.card)


def test_one_part_missing_is_not_installed(tiny, cache) -> None:
    """Un trozo instalado y otro no: se pide instalar, no se lee medio archivo."""
    parts = (
        {"distribution": "pytest", "path": "pytest/__init__.py"},
        {"distribution": "paquete-inexistente", "path": "b"},
    )
    with pytest.raises(FileNotFoundError, match="Instálelo con"):
        find(dataclasses.replace(tiny.card, packaged=parts))


def test_a_good_file_passes(tiny) -> None:
    verify(tiny.card, [tiny.path])


def test_a_truncated_file(tiny, tmp_path) -> None:
    short = tmp_path / "corto.gguf"
    short.write_bytes(tiny.path.read_bytes()[:-100])
    with pytest.raises(
        ValueError, match=f"dañado .*tiene {tiny.card.size - 100} bytes y debe tener {tiny.card.size}"
    ):
        verify(tiny.card, [short])


def test_an_altered_file(tiny, tmp_path) -> None:
    altered = tmp_path / "alterado.gguf"
    data = bytearray(tiny.path.read_bytes())
    data[-1] ^= 1
    altered.write_bytes(data)
    with pytest.raises(ValueError, match=r"no es el publicado: su SHA-256 no es .*Reinstálelo con"):
        verify(tiny.card, [altered])
