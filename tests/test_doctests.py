"""El canario: si un ejemplo deja de ser cierto, o de ejecutarse, la batería falla."""

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
    for name in ("src", "docs", "tests", "examples"):
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


def test_files_left_by_editors_and_systems_do_not_count(project):
    (project / "examples" / ".ipynb_checkpoints").mkdir()
    for name in (".ipynb_checkpoints/copy.py", "._page.py"):
        (project / "examples" / name).write_text(quoted(".py", "2"), encoding="utf-8")
    (project / "examples" / "page.py").write_text(quoted(".py", "2"), encoding="utf-8")
    assert "1 passed" in run(project).stdout
