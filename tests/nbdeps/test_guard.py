"""La vigilancia de un kernel: lo que se usa fuera del cierre se cuenta, una vez."""

import sys
from importlib.util import cache_from_source
from types import SimpleNamespace

import pytest

from nbdeps.guard import Guard, source


@pytest.fixture
def guard(tmp_path):
    declared, failure = tmp_path / "pkg" / "declared.py", tmp_path / "failure.txt"
    allowed = {
        "page": "pagina",
        "files": [str(declared)],
        "resources": ["model:uno"],
        "watched": [str(tmp_path / "pkg")],
        "ignored": [str(tmp_path / "pkg" / "built")],
        "failure": str(failure),
        "resource_event": "mini.resource",
        "shown": {"mini.told": "application/vnd.mini+json"},
    }
    shell = SimpleNamespace(published=[])
    shell.display_pub = SimpleNamespace(publish=shell.published.append)
    return Guard(allowed, shell)


@pytest.mark.parametrize("prefix", [None, "bytecode"])
def test_bytecode_counts_as_its_source(monkeypatch, tmp_path, prefix):
    monkeypatch.setattr(sys, "pycache_prefix", prefix and str(tmp_path / prefix))
    module = str(tmp_path / "pkg" / "module.py")
    assert source(cache_from_source(module)) == source(module) == module
    assert source(f"{cache_from_source(module)}.140454062413392") == module  # así, mientras se escribe


def test_only_what_is_declared_or_built_may_be_opened(guard, tmp_path):
    for name in ("pkg/declared.py", "pkg/built/made.json", "other/file.py"):
        guard.audit("open", (str(tmp_path / name), "r", 0))
    assert not guard.strays
    for _ in range(2):
        guard.audit("open", (str(tmp_path / "pkg" / "stray.py"), "r", 0))
    assert len(guard.strays) == 1
    assert "pkg/stray.py" in guard.strays[0]


def test_only_declared_resources_may_be_used(guard):
    guard.audit("mini.resource", ("model:uno",))
    assert not guard.strays
    guard.audit("mini.resource", ("model:dos",))
    assert "resources: [model:dos]" in guard.strays[0]


def test_a_told_event_is_shown_with_its_cell_and_a_stray_in_stderr(guard, capsys):
    guard.audit("mini.told", (SimpleNamespace(as_dict=lambda: {"x": 1}),))
    guard.stray("usa otra cosa.")
    guard.after(SimpleNamespace(error_in_exec=None, error_before_exec=None))
    assert guard.shell.published == [{"application/vnd.mini+json": {"x": 1}}]
    assert capsys.readouterr().err == "La página «pagina» usa otra cosa.\n"


def test_another_machine_is_out_of_reach(guard):
    guard.audit("socket.connect", (None, ("127.0.0.1", 80)))
    with pytest.raises(PermissionError, match=r"192\.0\.2\.1"):
        guard.audit("socket.connect", (None, ("192.0.2.1", 80)))
