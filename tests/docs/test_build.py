"""La orden que construye el curso."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

DOCS = Path(__file__).parents[2] / "docs"


def load(name):
    spec = importlib.util.spec_from_file_location(f"course_{name}", DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def build(monkeypatch, tmp_path):
    module = load("build")
    (tmp_path / "part").mkdir()
    for name in ("page", "other"):
        (tmp_path / "part" / f"{name}.md").write_text("# Página", "utf8")
    monkeypatch.setattr(module, "DOCS", tmp_path)
    return module


def command(build, tmp_path, *given):
    return build.sphinx_command(build.arguments([*given, "--out", str(tmp_path / "out")]))


def test_the_whole_course_takes_warnings_as_errors(build, tmp_path):
    made = command(build, tmp_path)
    assert "-W" in made
    assert "execution_off=1" not in made
    assert made[-1] == str(tmp_path / "out" / "html")


@pytest.mark.parametrize("name", ["part/page", "part/page.md", "docs/part/page.md"])
def test_one_page_is_as_strict_as_the_course(build, tmp_path, name):
    made = command(build, tmp_path, name)
    assert "execution_only=part/page" in made
    assert "-W" in made


def test_several_pages_can_be_asked_for(build, tmp_path):
    assert "execution_only=part/page,part/other" in command(build, tmp_path, "part/page", "part/other")


def test_without_running_another_folder_is_used(build, tmp_path):
    made = command(build, tmp_path, "--no-run")
    assert "execution_off=1" in made
    assert made[-1] == str(tmp_path / "out" / "prose" / "html")


@pytest.mark.parametrize(
    ("given", "said"), [(["part/missing"], "docs/part/missing.md"), (["--jobs", "0"], "--jobs")]
)
def test_what_cannot_be_is_said(build, capsys, given, said):
    with pytest.raises(SystemExit):
        build.arguments(given)
    assert said in capsys.readouterr().err


@pytest.mark.enable_socket
def test_a_taken_port_is_changed_for_a_free_one(build):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        assert build.free_port(port) != port
    assert build.free_port(port) == port


@pytest.mark.parametrize(("strict", "code"), [([], 0), (["--strict"], 1)])
def test_only_a_strict_build_fails_for_a_claim(build, monkeypatch, tmp_path, capsys, strict, code):
    monkeypatch.setattr(build, "call", lambda command, minutes: 0)
    fake(monkeypatch, failures=[], unmet=[("part/page", "«Sube.»: 1 no supera a 2 en 1.")])
    assert build.build(build.arguments([*strict, "--out", str(tmp_path)])) == code
    assert "part/page: «Sube.»" in capsys.readouterr().err


def test_what_stopped_is_listed_and_the_site_is_composed_all_the_same(build, monkeypatch, tmp_path, capsys):
    from building.performance import Failure

    seen = []
    monkeypatch.setattr(build, "call", lambda command, minutes: seen.append(command) or 0)
    fake(
        monkeypatch, failures=[Failure("part/page", "ZeroDivisionError: division by zero", "traza")], unmet=[]
    )
    assert build.build(build.arguments(["--out", str(tmp_path)])) == 1
    assert len(seen) == 1
    assert "part/page: ZeroDivisionError" in capsys.readouterr().err


def test_a_site_is_composed_again_only_if_something_changed(build, monkeypatch, tmp_path):
    made, page = [], tmp_path / "part" / "page.md"
    monkeypatch.setattr(build, "call", lambda command, minutes: made.append(command) or int(len(made) == 4))
    options = build.arguments(["--out", str(tmp_path / "out" / "_build")])
    build.folder(options).mkdir(parents=True)

    def compositions():
        return (build.compose(options), build.compose(options), len(made))

    assert compositions() == (0, 0, 1)
    page.write_text("# Otra cosa", "utf8")
    assert compositions() == (0, 0, 2)
    os.utime(page, (1, 1))
    assert compositions() == (0, 0, 3)
    page.unlink()
    assert compositions() == (1, 0, 5)  # lo que salió mal se repite


def test_what_changes_while_the_site_is_composed_is_seen_the_next_time(build, monkeypatch, tmp_path):
    made, page = [], tmp_path / "part" / "page.md"

    def call(command, minutes):
        made.append(command)
        page.write_text(f"# {'Otra' if len(made) == 1 else 'La misma'} cosa", "utf8")
        os.utime(page, (1, 1))
        return 0

    monkeypatch.setattr(build, "call", call)
    options = build.arguments(["--out", str(tmp_path / "out" / "_build")])
    build.folder(options).mkdir(parents=True)
    for _ in range(4):
        build.compose(options)
    assert len(made) == 3


def fake(monkeypatch, failures, unmet):
    """Pone en lugar de la ejecución lo que habría salido de ella."""
    from building import our_course, runner

    monkeypatch.setattr(our_course, "prepare_kernels", lambda work: None)
    monkeypatch.setattr(runner, "run", lambda *_: failures)
    monkeypatch.setattr(runner, "unmet_claims", lambda *_: unmet)


WAITS = (
    "import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
)
HANGS = f"""
import subprocess, sys; sys.path.insert(0, {str(DOCS / "_ext")!r})
import psutil
from building.processes import call, ending_together
try:
    with ending_together():
        call([sys.executable, "-c", {WAITS + "time.sleep(60)"!r}], minutes=1 / 60)
except subprocess.TimeoutExpired:
    print("HIJOS", len(psutil.Process().children(recursive=True)))
"""


def test_a_step_that_hangs_is_ended_with_its_children():
    done = subprocess.run([sys.executable, "-c", HANGS], capture_output=True, text=True, check=True)
    assert done.stdout == "HIJOS 0\n"


TOGETHER = f"""
import signal; signal.signal(signal.SIGINT, signal.default_int_handler)  # de fondo se hereda ignorada
import sys; sys.path.insert(0, {str(DOCS / "_ext")!r})
from building.processes import ending_together
with ending_together():
    exec({WAITS!r})
    print("listo", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_leaves_no_process_behind(name):
    if os.name == "nt" or not hasattr(signal, name):
        pytest.skip("este sistema no manda esa señal")
    process = subprocess.Popen([sys.executable, "-c", TOGETHER], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"listo\n"
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) == 1
    process.send_signal(getattr(signal, name))
    assert process.wait(30) != 0
    process.stdout.close()
    assert [child for child in family if child.is_running() and child.status() != "zombie"] == []


ALONE = f"""
import sys; sys.path.insert(0, {str(DOCS / "_ext")!r})
from pathlib import Path
from building.processes import only_one
with only_one(Path(sys.argv[1])):
    print("dentro", flush=True)
    sys.stdin.readline()
"""


def test_a_second_build_says_that_it_waits_and_then_goes_on(tmp_path):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    order = [sys.executable, "-c", ALONE, str(tmp_path / "build.lock")]
    first = subprocess.Popen(order, text=True, encoding="utf8", **pipes)
    assert first.stdout.readline() == "dentro\n"
    second = subprocess.Popen(order, text=True, encoding="utf8", **pipes)
    assert "espera a que acabe" in second.stderr.readline()
    first.communicate("\n", timeout=30)
    assert second.communicate("\n", timeout=30)[0] == "dentro\n"
