"""La orden que construye el curso."""

import importlib.util
import sys
import time
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def build(monkeypatch, tmp_path):
    spec = importlib.util.spec_from_file_location("course_build", DOCS / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "page.md").write_text("# Página", encoding="utf-8")
    monkeypatch.setattr(module, "DOCS", tmp_path)
    return module


def command(build, tmp_path, *given):
    return build.sphinx_command(build.arguments([*given, "--out", str(tmp_path / "out")]))


def test_the_whole_course_is_strict(build, tmp_path):
    made = command(build, tmp_path)
    assert "-W" in made
    assert "nb_execution_mode=off" not in made
    assert made[-1] == str(tmp_path / "out" / "html")


@pytest.mark.parametrize("name", ["part/page", "part/page.md", "docs/part/page.md"])
def test_one_page_is_as_strict_as_the_course(build, tmp_path, name):
    made = command(build, tmp_path, name)
    assert "execution_only=part/page" in made
    assert "-W" in made


def test_without_running_another_folder_is_used(build, tmp_path):
    made = command(build, tmp_path, "--no-run")
    assert "nb_execution_mode=off" in made
    assert made[-1] == str(tmp_path / "out" / "prose" / "html")


def test_a_page_that_does_not_exist_is_named(build, capsys):
    with pytest.raises(SystemExit):
        build.arguments(["part/missing"])
    assert "docs/part/missing.md" in capsys.readouterr().err


def test_a_build_that_hangs_is_ended_with_its_children(build, tmp_path, capfd):
    mark = tmp_path / "alive"
    child = f"import time; time.sleep(2); open({str(mark)!r}, 'w')"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    assert build.run([sys.executable, "-c", parent], minutes=0.5 / 60) == 124
    assert "se detiene" in capfd.readouterr().err
    time.sleep(2.5)
    assert not mark.exists()


def test_the_build_stops_at_the_first_step_that_fails(build, monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(build, "run", lambda command, minutes: seen.append(command) or 3)
    assert build.build(build.arguments(["--out", str(tmp_path)])) == 3
    assert [step[1:] for step in seen] == [["-m", "siguiente.artefacts"]]
