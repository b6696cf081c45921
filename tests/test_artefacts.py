"""La tabla de artefactos y la orden que los construye."""

import os
import sys
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from shutil import copy2

import pytest

from siguiente import artefacts
from siguiente.artefacts import ARTEFACTS, Artefact, artefact, main
from siguiente.llm import CATALOGUE
from siguiente.store import build_directory


def test_every_model_is_an_artefact_with_its_own_key() -> None:
    assert {known.name for known in ARTEFACTS} >= {card.name for card in CATALOGUE}
    assert len({known.key for known in ARTEFACTS}) == len(ARTEFACTS)


def test_using_an_artefact_is_announced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    sys.addaudithook(lambda event, found: seen.append(*found) if event == "siguiente.resource" else None)
    monkeypatch.setattr(artefacts, "ARTEFACTS", (Artefact("cuento", "1", lambda: tmp_path),))
    assert artefact("cuento") == tmp_path
    assert seen == ["artefact:cuento"]


def test_main_builds_what_is_missing_and_mends_what_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGUIENTE_CACHE", str(tmp_path))

    def build(path: Path) -> None:
        (path / "weights.bin").write_bytes(bytes(3_000_000))

    story = Artefact("cuento", "1", lambda thorough: build_directory("cuento", "1", build, thorough=thorough))
    main([story])
    file = tmp_path / "cuento-1" / "weights.bin"
    with file.open("r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        stream.write(b"x")
    main([story])
    assert file.read_bytes() == bytes(3_000_000)


def test_main_says_why_it_stops() -> None:
    def fail(thorough: bool) -> Path:
        raise FileNotFoundError("Falta el archivo del modelo.")

    with pytest.raises(
        SystemExit, match=r"No se pudo construir el artefacto cuento. Falta el archivo del modelo\."
    ):
        main([Artefact("cuento", "1", fail)])


def copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *sources: str) -> list[Artefact]:
    """Artefactos en una caché vacía; cada uno copia un archivo."""
    monkeypatch.setenv("SIGUIENTE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cuento.txt").write_text("Había una vez", encoding="utf-8")
    return [
        Artefact(
            f"copia-{n}", "1", partial(build_directory, f"copia-{n}", "1", partial(copy2, tmp_path / source))
        )
        for n, source in enumerate(sources)
    ]


def test_several_missing_ones_are_built_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(artefacts, "get_context", lambda name: asked.append(name) or get_context(name))
    made = copies(tmp_path, monkeypatch, "cuento.txt", "cuento.txt")
    main(made)
    main(made)
    assert asked == ["spawn"]  # la segunda vez no faltaba ninguno
    assert [(known.build() / "cuento.txt").read_text(encoding="utf-8") for known in made] == [
        "Había una vez"
    ] * 2


def test_the_failure_of_another_process_is_said_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match=r"No se pudo construir el artefacto copia-1\. No such file"):
        main(copies(tmp_path, monkeypatch, "cuento.txt", "falta.txt"))
