"""La tabla de artefactos y la orden que los construye."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from siguiente import artefacts
from siguiente.artefacts import KNOWN, MODELS, RECIPES, find, inputs, is_ready, key, main, place, recorded
from siguiente.llm.files.catalogue import CATALOGUE, MINILM
from siguiente.runtime import jobs, recipe
from siguiente.runtime.recipe import Recipe

SMALL = "all-minilm-l6-v2"  # no se convierte: construirlo es comprobarlo


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Una caché vacía."""
    monkeypatch.setenv("SIGUIENTE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_table_has_every_model_and_every_recipe_says_its_name() -> None:
    assert {card.name: card for card in (*CATALOGUE, MINILM)} == {name: find(name) for name in MODELS}
    assert all(find(name).name == name for name in KNOWN)


def test_each_artefact_has_its_own_key_read_without_running_it() -> None:
    assert len({key(name) for name in KNOWN}) == len(KNOWN)
    assert all(key(name).startswith(find(name).key) for name in RECIPES)


def test_keys_and_origins_need_neither_torch_nor_numpy() -> None:
    """El proceso que compone el sitio los pide siempre: importar torch tardaría más que todo lo demás."""
    code = (
        "import sys\nfrom siguiente.artefacts import *\n"
        "[key(name) for name in KNOWN], [recorded(name) for name in RECIPES], inputs('story-runs')\n"
        "print({'torch', 'numpy', 'transformers'} & set(sys.modules))"
    ).replace("import *", "import KNOWN, RECIPES, inputs, key, recorded")
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


def test_each_recipe_knows_what_it_starts_from_and_no_circle() -> None:
    assert inputs("story-reward") == ("story-base", "story-policy", "story-pairs", "stories")
    assert inputs("gemma-3-270m") == ()
    assert all(name not in inputs(other) for name in RECIPES for other in inputs(name))


@pytest.mark.parametrize("ask", [find, key, is_ready])
def test_an_unknown_name_is_refused_with_the_known_ones(ask: Any) -> None:
    with pytest.raises(ValueError, match=r"No hay un artefacto 'cuento'. Hay estos: gemma-3-270m, .*stories"):
        ask("cuento")


def test_what_is_recorded_is_ready_and_its_files_enter_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {"key": find("story-mlp").key, "files": {"model.json": {"sha256": "1"}}}
    monkeypatch.setattr(artefacts, "provenance", lambda name: facts)
    assert recorded("story-mlp") == facts
    assert is_ready("story-mlp")
    before = key("story-mlp")
    facts["files"] = {"model.json": {"sha256": "2"}}
    assert key("story-mlp") != before
    facts["key"] = "la de otro código"
    assert recorded("story-mlp") is None
    assert key("story-mlp").strip() == find("story-mlp").key


def toy(name: str) -> Recipe:
    """Un artefacto de prueba: un archivo con su nombre, o un fallo."""

    def write(folder: Path) -> None:
        if name == "falla":
            raise FileNotFoundError("Falta el archivo del modelo.")
        (folder / "text.txt").write_text(name, "utf8")

    return Recipe(name, "pkg.toys", write)


@pytest.fixture
def toys(empty: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Una tabla de juguete, y los trabajos que se hicieron, que aquí se hacen en este proceso."""
    done: list[str] = []

    def run(given: dict[str, jobs.Job], workers: int, told: Any) -> None:
        done.extend(given)
        for name, job in given.items():
            try:
                job.work(*job.arguments)
            except OSError as error:
                raise jobs.JobError(name, jobs.why(error)) from error
            told(name)

    known = {name: f"pkg.toys.{name.upper()}" for name in ("uno", "dos", "falla")}
    monkeypatch.setattr(artefacts, "KNOWN", known)
    monkeypatch.setattr(artefacts, "RECIPES", known)
    monkeypatch.setattr(artefacts, "find", toy)
    monkeypatch.setattr(recipe, "code_key", lambda path: path)
    monkeypatch.setattr(artefacts, "inputs", lambda name: ("dos",) if name == "uno" else ())
    monkeypatch.setattr(artefacts, "run_jobs", run)
    return done


def test_main_builds_what_is_missing_and_mends_what_is_damaged(toys: list[str], empty: Path) -> None:
    main(["dos"])
    assert toys == ["dos"]
    with (place("dos") / "text.txt").open("r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        stream.write(b"x")
    main(["dos"])
    assert (place("dos") / "text.txt").read_text("utf8") == "dos"
    main(["dos"])
    assert toys == ["dos", "dos"]


def test_main_builds_only_what_is_asked_and_what_it_needs(toys: list[str], empty: Path) -> None:
    main(["uno"])
    assert sorted(toys) == ["dos", "uno"]


def test_main_says_what_it_built(toys: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main(["dos"])
    assert capsys.readouterr().out == "dos: construido.\n"
    main(["dos"])
    assert capsys.readouterr().out == ""


def test_main_says_why_it_stops(toys: list[str]) -> None:
    with pytest.raises(
        SystemExit, match=r"^No se pudo construir el artefacto falla. Falta el archivo del modelo\.$"
    ):
        main([])


def test_main_refuses_an_unknown_name(toys: list[str]) -> None:
    with pytest.raises(SystemExit, match=r"^No hay un artefacto 'tres'. Hay estos: uno, dos, falla\.$"):
        main(["tres"])
    assert toys == []


def test_as_many_at_once_as_processors(toys: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(artefacts, "run_jobs", lambda given, workers, told: asked.append(workers))
    monkeypatch.setattr(artefacts, "cores", lambda: 8)
    main(["uno"])
    monkeypatch.setattr(artefacts, "cores", lambda: 1)
    main([])
    assert asked == [8, 1]


def test_another_process_builds_it_and_tells_why_it_cannot(empty: Path) -> None:
    """Cada artefacto se construye en un proceso aparte, que importa la tabla por su cuenta."""
    done: list[str] = []
    jobs.run_jobs({SMALL: jobs.Job(artefacts.build, (SMALL,))}, 1, done.append)
    assert done == [SMALL]
    with pytest.raises(jobs.JobError, match="No hay un artefacto 'cuento'"):
        jobs.run_jobs({"cuento": jobs.Job(artefacts.build, ("cuento",))}, 1, done.append)
