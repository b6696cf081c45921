"""La tabla de artefactos y la orden que los construye."""

import os
import sys
from pathlib import Path

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
