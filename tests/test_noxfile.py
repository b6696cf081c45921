"""Las órdenes: qué entorno reciben, cómo se crea este y que nada queda vivo al terminarlas."""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import venv
from pathlib import Path

import psutil
import pytest
from filelock import FileLock

ROOT = Path(__file__).parents[1]
# nox avisa de que las mismas órdenes se cargan varias veces, una por prueba.
pytestmark = pytest.mark.filterwarnings("ignore:The session .* has already been registered:FutureWarning")
HOSTILE = {
    "PIP_USER": "1",
    "PIP_REQUIRE_HASHES": "1",
    "PIP_TARGET": "ajena",
    "PIP_PREFIX": "ajena",
    "PYTHONHOME": "ajena",
    "PYTHONSTARTUP": "ajeno.py",
    "JUPYTER_PATH": "ajena",
    "JUPYTER_CONFIG_DIR": "ajena",
    "JUPYTER_PREFER_ENV_PATH": "0",
    "IPYTHONDIR": "ajena",
}
# Sustituye a la construcción: dice lo que recibió, o espera a que la terminen.
BUILD = """
import json, os, pathlib, sys, time
pathlib.Path("pid").write_text(str(os.getpid()), encoding="utf-8")
if "--wait" in sys.argv:
    print("empieza", flush=True)
    time.sleep(600)
print(json.dumps([sys.argv[1:], dict(os.environ), sys.path]))
"""


@pytest.fixture
def project(tmp_path):
    """Una copia de las órdenes, con un entorno vacío en vez del de verdad."""
    folder = tmp_path / "¿Y qué #1"
    (folder / "docs").mkdir(parents=True)
    for name in ("noxfile.py", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, folder)
    (folder / "docs" / "build.py").write_text(BUILD, encoding="utf-8")
    venv.create(folder / ".nox" / "environment")
    stamp = folder / ".nox" / "environment" / "requirements.sha256"
    stamp.write_text(commands(folder).wanted(), encoding="utf-8")
    return folder


def commands(folder):
    """Carga las órdenes de una carpeta sin quedarse con las señales que ellas toman."""
    before = {number: signal.getsignal(number) for number in signal.valid_signals()}
    spec = importlib.util.spec_from_file_location("noxfile", folder / "noxfile.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for number, handler in before.items():
        if handler is not None and signal.getsignal(number) != handler:
            signal.signal(number, handler)
    return module


def nox(folder, *arguments, **options):
    """Orden de nox en otra carpeta, como proceso aparte."""
    command = [sys.executable, "-m", "nox", "-f", str(folder / "noxfile.py"), *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", **options
    )


def test_what_others_left_in_the_environment_does_not_reach_python(project, tmp_path):
    outer = {
        **os.environ,
        **HOSTILE,
        "PYTHONPATH": str(tmp_path / "ajena"),
        "PIP_INDEX_URL": "https://i.test",
    }
    outer.pop("PYTHONHOME")  # con ella ni siquiera nox arrancaría
    outer["SIGUIENTE_CACHE"] = "una/cache"
    run = nox(project, "-s", "docs", "--", "--strict", "prompting/chat", cwd=tmp_path, env=outer)
    output = run.communicate(timeout=300)[0]
    assert run.returncode == 0, output
    given, env, path = json.loads(next(line for line in output.splitlines() if line.startswith("[[")))
    assert given == ["--strict", "prompting/chat"]
    assert not {n for n, value in env.items() if value.startswith("ajen")}
    assert not [folder for folder in path if "ajena" in folder]
    assert (env["PIP_USER"], env["PIP_REQUIRE_HASHES"]) == ("0", "0")
    assert env["PIP_INDEX_URL"] == "https://i.test"
    assert Path(env["SIGUIENTE_CACHE"]) == tmp_path / "una" / "cache"


def test_every_foreign_variable_goes_and_the_rest_stays():
    own = commands(ROOT).own_environment({**HOSTILE, "PYTHONHASHSEED": "1", "PIP_CERT": "x"}, str(ROOT))
    removed = {name for name, value in own.items() if value is None}
    assert removed == set(HOSTILE) - {"PIP_USER", "PIP_REQUIRE_HASHES"}
    assert not {"PYTHONHASHSEED", "PIP_CERT"} & set(own)


def test_bytecode_unwanted_elsewhere_is_kept_in_the_environment():
    unwanted = commands(ROOT).own_environment({"PYTHONDONTWRITEBYTECODE": "1"}, str(ROOT))
    assert unwanted["PYTHONDONTWRITEBYTECODE"] is None
    assert Path(unwanted["PYTHONPYCACHEPREFIX"]).is_relative_to(commands(ROOT).ENVIRONMENT)
    assert "PYTHONPYCACHEPREFIX" not in commands(ROOT).own_environment({}, str(ROOT))


def test_folders_are_those_of_who_gives_the_command(tmp_path):
    def cache(value):
        own = commands(ROOT).own_environment({"SIGUIENTE_CACHE": value}, str(tmp_path))
        return own.get("SIGUIENTE_CACHE")

    assert cache("cache") == str(tmp_path / "cache")
    assert cache(str(tmp_path / "otra")) == str(tmp_path / "otra")
    assert cache("~/cache") is None  # la completa quien la usa
    assert cache("") is None


class Session:
    """Anota lo que se le pide ejecutar y, a la enésima vez, lo interrumpe."""

    invoked_from = str(ROOT)

    def __init__(self, interrupted_at=None):
        self.done, self.interrupted_at = [], interrupted_at

    def run(self, *command, **options):
        if len(self.done) == self.interrupted_at:
            raise KeyboardInterrupt
        self.done.append(command)

    def log(self, message):
        self.done.append(message)


def test_an_interrupted_installation_is_repeated(project):
    module = commands(project)
    stamp = module.ENVIRONMENT / "requirements.sha256"
    module.install(nothing := Session())
    assert nothing.done == []
    stamp.write_text("de otros requisitos", encoding="utf-8")
    for step in range(4):
        with pytest.raises(KeyboardInterrupt):
            module.install(Session(interrupted_at=step))
        assert not stamp.exists()
    module.install(whole := Session())
    assert [command[1:3] for command in whole.done] == [("-m", "venv"), *3 * [("-m", "pip")]]
    assert stamp.read_text(encoding="utf-8") == module.wanted()


def test_an_environment_without_its_python_is_made_again(project):
    module = commands(project)
    Path(module.PYTHON).unlink()
    module.install(session := Session())
    assert len(session.done) == 4


def test_the_second_command_waits_for_the_first_to_make_the_environment(project):
    with FileLock(project / ".nox" / "environment.lock"):
        second = nox(project, "-s", "docs")
        lines = iter(second.stdout.readline, "")
        assert any("se espera a que acabe" in line for line in lines)
        assert not (project / "pid").exists()
    rest, _ = second.communicate(timeout=300)
    assert second.returncode == 0, rest
    assert (project / "pid").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="en Windows nadie puede pedir a otro proceso que acabe")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_ending_the_command_ends_what_it_started(project, name):
    if signal.getsignal(getattr(signal, name)) is signal.SIG_IGN:
        pytest.skip("quien lanzó las pruebas las hizo sordas a esa señal, y nox lo hereda")
    run = nox(project, "-s", "docs", "--", "--wait")
    assert any("empieza" in line for line in iter(run.stdout.readline, ""))
    child = psutil.Process(int((project / "pid").read_text(encoding="utf-8")))
    run.send_signal(getattr(signal, name))
    output, _ = run.communicate(timeout=300)
    assert run.returncode != 0, output
    assert not child.is_running(), output


def test_every_command_says_what_it_does():
    run = nox(ROOT, "-l")
    listed = [line for line in run.communicate(timeout=300)[0].splitlines() if line[:2] in ("* ", "- ")]
    assert {"docs", "tests", "lint", "record", "replicas", "fresh"} <= {line.split()[1] for line in listed}
    assert not [line for line in listed if " -> " not in line]


def test_tests_take_as_many_processes_as_cores_and_memory_allow(monkeypatch, pytestconfig):
    def workers(cores, gigabytes):
        monkeypatch.setattr(counter, "cpu_count", lambda: cores)
        memory = type("Memory", (), {"available": gigabytes * 10**9})
        monkeypatch.setattr("psutil.virtual_memory", lambda: memory)
        return counter.pytest_xdist_auto_num_workers()

    plugins = pytestconfig.pluginmanager.get_plugins()
    counter = next(one for one in plugins if getattr(one, "__file__", None) == str(ROOT / "conftest.py"))
    assert [workers(8, 64), workers(8, 6), workers(2, 1)] == [8, 3, 1]
