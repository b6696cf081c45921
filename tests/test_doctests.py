"""El canario: si un ejemplo deja de ser cierto, o de ejecutarse, la batería falla."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def project(tmp_path):
    for name in ("pyproject.toml", "conftest.py"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("src", "docs", "tests"):
        (tmp_path / name).mkdir()
    return tmp_path


def run(project, *arguments):
    command = [sys.executable, "-m", "pytest", "-q", "-o", "doctest_floor=0", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


def quoted(suffix, expected):
    example = f">>> 1 + 1\n{expected}\n"
    forms = {".py": f'"""Ejemplo.\n\n{example}"""\n', ".md": f"```python\n{example}\n```\n"}
    return forms.get(suffix, example)


def test_false_examples_fail_and_true_ones_pass(project):
    for suffix in (".py", ".rst", ".md"):
        (project / "docs" / f"true{suffix}").write_text(quoted(suffix, "2"))
        (project / "docs" / f"false{suffix}").write_text(quoted(suffix, "3"))
    result = run(project)
    failed = re.findall(r"^FAILED docs/(\S+?)::", result.stdout, re.MULTILINE)
    assert sorted(failed) == ["false.md", "false.py", "false.rst"]
    assert "3 failed, 3 passed" in result.stdout


def test_a_real_page_with_one_line_corrupted_fails(project):
    source = (ROOT / "docs" / "llm" / "index.rst").read_text(encoding="utf-8")
    first_output = re.compile(r"(>>> [^\n]+\n(?:\s*\.\.\. [^\n]+\n)*\s*)(?=[^>\s])")
    corrupted = first_output.sub(r"\g<1>CORRUPTO ", source, count=1)
    assert corrupted != source
    (project / "docs" / "index.rst").write_text(corrupted, encoding="utf-8")
    result = run(project)
    assert result.returncode == pytest.ExitCode.TESTS_FAILED
    assert "CORRUPTO" in result.stdout


def test_an_example_in_a_place_that_is_not_collected_stops_the_run(project):
    (project / "docs" / "_hidden").mkdir()
    (project / "docs" / "_hidden" / "page.rst").write_text(quoted(".rst", "2"))
    result = run(project)
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert "docs/_hidden/page.rst: 1 escritos, 0 recogidos" in result.stderr


def test_fewer_examples_than_the_floor_stop_the_run(project):
    (project / "docs" / "page.rst").write_text(quoted(".rst", "2"))
    result = run(project, "-o", "doctest_floor=2")
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert "exige 2" in result.stderr


APPLE_DOUBLE = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        \xff\xfe"


def test_what_other_programs_leave_is_not_collected(project):
    """Copias de Jupyter, restos de macOS que no son texto, enlaces de un editor, carpetas como páginas."""
    for place in (project / name for name in ("src", "docs", "tests")):
        (place / "page.md").write_text(quoted(".md", "2"))
        for name in ("._page.md", "._page.rst", "._page.py", "._test_page.py", ".DS_Store"):
            (place / name).write_bytes(APPLE_DOUBLE)
        (place / ".ipynb_checkpoints").mkdir()
        for suffix in (".py", ".md", ".rst"):
            (place / ".ipynb_checkpoints" / f"page-checkpoint{suffix}").write_text(quoted(suffix, "3"))
        (place / ".hidden.md").write_text(quoted(".md", "3"))
        (place / "folder.md").mkdir()
        if os.name != "nt":
            (place / ".#page.md").symlink_to("nadie@equipo.1234:1700000000")
    result = run(project)
    assert "3 passed" in result.stdout, result.stdout + result.stderr
    assert result.returncode == pytest.ExitCode.OK


def test_a_text_in_another_encoding_is_named(project):
    (project / "docs" / "page.md").write_bytes("Café\n".encode("latin-1"))
    result = run(project)
    assert "page.md" in result.stdout
    assert "INTERNALERROR" not in result.stdout + result.stderr


def test_where_the_checkout_is_does_not_matter(project, tmp_path_factory):
    moved = tmp_path_factory.mktemp("otro") / ".copia" / "_build"
    shutil.copytree(project, moved)
    (moved / "docs" / "_hidden").mkdir()
    (moved / "docs" / "_hidden" / "page.rst").write_text(quoted(".rst", "2"))
    assert "docs/_hidden/page.rst: 1 escritos, 0 recogidos" in run(moved).stderr


def test_plugins_that_were_taken_away_stop_nothing(project):
    (project / "docs" / "page.rst").write_text(quoted(".rst", "2"))
    result = run(project, "-p", "no:cacheprovider")
    assert "1 passed" in result.stdout, result.stdout + result.stderr
