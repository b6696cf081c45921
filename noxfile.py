"""Órdenes del curso: `nox -l` las enumera y `nox -s ORDEN` ejecuta una."""

import hashlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import FrameType
from typing import NoReturn

import nox
from filelock import FileLock, Timeout  # llega con nox: lo usa su virtualenv

nox.needs_version = ">=2025.5"
nox.options.sessions = ["docs"]

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".nox" / "environment"
LOCK = ROOT / "requirements.lock"
PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
REQUIREMENTS = ("build-system", "project", "dependency-groups")
# Este grupo se instala sin sus dependencias, en un paso propio.
ALONE = "models-alone"
# Estos, solo cuando su orden los pide.
BENCH, ORACLES = "bench", "oracles"
GROUPS = [
    flag
    for name in PROJECT["dependency-groups"]
    if name not in (ALONE, BENCH, ORACLES)
    for flag in ("--group", name)
]

# Lo que otros dejan puesto y desviaría nuestro Python, nuestro Jupyter o nuestro pip. Dónde busca este los
# paquetes (`PIP_INDEX_URL`, `PIP_CONFIG_FILE`…) se respeta.
DIVERTING_PIP = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON", "PIP_REQUIREMENT", "PIP_NO_DEPS")
FOREIGN = ("PYTHON", "JUPYTER", "IPYTHON", "__PYVENV_LAUNCHER__", *DIVERTING_PIP)
HARMLESS = {"PYTHONHASHSEED", "PYTHONUNBUFFERED"}
# Vencen también a lo que diga el archivo de configuración de pip.
OURS = {"PYTHONUTF8": "1", "PIP_USER": "0", "PIP_REQUIRE_HASHES": "0"}
# Carpetas que alguien pudo escribir respecto a la suya: nox trabaja en la del proyecto.
FOLDERS = ("SIGUIENTE_CACHE", "SIGUIENTE_MODELS", "SIGUIENTE_SITE")


def stop(number: int, frame: FrameType | None) -> NoReturn:
    """Trata el fin que pide el sistema como el que pide quien teclea: nox termina también lo que empezó."""
    raise KeyboardInterrupt


for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):
    if hasattr(signal, name):
        signal.signal(getattr(signal, name), stop)


def interpreter(environment: Path) -> str:
    """Python de un entorno virtual; en Windows está en otra carpeta."""
    return str(environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))


PYTHON = interpreter(ENVIRONMENT)


def own_environment(outer: Mapping[str, str], invoked_from: str) -> dict[str, str | None]:
    """Variables de las órdenes: sin las ajenas (`None` las quita) y con las carpetas completas."""
    foreign = {name for name in outer if name.startswith(FOREIGN)} - HARMLESS
    given = {name: outer[name] for name in FOLDERS if outer.get(name)}
    folders = {n: str(Path(invoked_from, path)) for n, path in given.items() if not path.startswith("~")}
    # Sin bytecode cada proceso compilaría torch otra vez: quien no lo quiere en sus carpetas, lo tiene aquí.
    unwanted = "PYTHONDONTWRITEBYTECODE" in foreign
    kept = {"PYTHONPYCACHEPREFIX": str(ENVIRONMENT / "bytecode")} if unwanted else {}
    return {**dict.fromkeys(foreign), **OURS, **kept, **folders}


def run(session: nox.Session, *command: str, patience: float = 3) -> None:
    """Ejecuta una orden con nuestras variables; si se interrumpe, le da tiempo a recoger lo suyo."""
    env = own_environment(os.environ, session.invoked_from)
    session.run(*command, external=True, env=env, interrupt_timeout=patience, terminate_timeout=10)


def python(session: nox.Session, *arguments: str) -> None:
    """Ejecuta el Python del entorno compartido."""
    run(session, PYTHON, *arguments)


def pytest(session: nox.Session, *arguments: str) -> None:
    """Ejecuta pruebas en tantos procesos como caben, de un hilo cada uno para que no se estorben."""
    session.env["OMP_NUM_THREADS"] = "1"
    python(session, "-m", "pytest", "-n", "auto", *arguments, *session.posargs)


def pip(session: nox.Session, *arguments: str) -> None:
    """Ejecuta el pip del entorno compartido."""
    python(session, "-m", "pip", "--disable-pip-version-check", *arguments)


def tool(name: str) -> str | None:
    """Ruta de un programa del entorno compartido, o `None` si no lo hay para este sistema."""
    return shutil.which(name, path=str(Path(PYTHON).parent))


def wanted() -> str:
    """Resume lo que decide el entorno: el Python, los requisitos y dónde está."""
    facts = [sys.version, str(ROOT), *(PROJECT[name] for name in REQUIREMENTS)]
    return hashlib.sha256(LOCK.read_bytes() + json.dumps(facts).encode()).hexdigest()


def install(session: nox.Session) -> None:
    """Crea el entorno si no está entero: la marca se escribe al final, así que lo interrumpido se repite."""
    stamp = ENVIRONMENT / "requirements.sha256"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted() and Path(PYTHON).exists():
        return
    stamp.unlink(missing_ok=True)
    run(session, sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT))
    pip(session, "install", "--quiet", "--upgrade", "pip>=25.3")
    pip(session, "install", "--progress-bar=off", "--constraint", str(LOCK), *GROUPS, "--editable", ".")
    alone = nox.project.dependency_groups(PROJECT, ALONE)
    pip(session, "install", "--progress-bar=off", "--no-deps", *alone)
    stamp.write_text(wanted(), encoding="utf-8")


def turn(session: nox.Session) -> AbstractContextManager[object]:
    """Espera a que ninguna otra orden esté creando el entorno."""
    ENVIRONMENT.parent.mkdir(exist_ok=True)
    lock = FileLock(f"{ENVIRONMENT}.lock")
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        session.log("Otra orden está creando el entorno: se espera a que acabe.")
        return lock.acquire()


def add(session: nox.Session, group: str) -> None:
    """Añade al entorno lo que solo usa una orden."""
    with turn(session):
        pip(session, "install", "--quiet", "--constraint", str(LOCK), "--group", group)


@nox.session(venv_backend="none", default=False)
def environment(session: nox.Session) -> None:
    """Crea el entorno compartido; lo rehace solo si cambian los requisitos."""
    with turn(session):
        install(session)


@nox.session(venv_backend="none", requires=["environment"])
def docs(session: nox.Session) -> None:
    """Construye el curso; tras `--`: una página (`prompting/chat`), `--strict`, `--jobs N`, `--no-run`…"""
    python(session, "docs/build.py", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def record(session: nox.Session) -> None:
    """Rehace lo entrenado: `-- story-gpt`; `-- --check` lo compara; `-- --rekey`, si se movió el código."""
    python(session, "-m", "siguiente.record", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def replicas(session: nox.Session) -> None:
    """Repite páginas con otras semillas y otra aritmética: `-- prompting/chat --seeds 5 --arithmetic 2`."""
    python(session, "docs/replicas.py", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def compare(session: nox.Session) -> None:
    """Dice qué cambió en lo que dicen las páginas: compara lo construido con una copia anterior."""
    python(session, "docs/compare.py", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def live(session: nox.Session) -> None:
    """Sirve el curso en este equipo y lo reconstruye al guardar un archivo."""
    python(session, "docs/build.py", "--live", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def tests(session: nox.Session) -> None:
    """Ejecuta las pruebas y los doctests del paquete, de las páginas y de los ejemplos."""
    pytest(session)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def siguiente(session: nox.Session) -> None:
    """Da una orden del curso con datos propios: `-- classify textos.csv`; `-- --help` las enumera."""
    with session.chdir(session.invoked_from):
        # Al interrumpir, da tiempo a que la orden diga hasta dónde llegó.
        run(session, PYTHON, "-m", "siguiente", *session.posargs, patience=10)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def lint(session: nox.Session) -> None:
    """Revisa el estilo, los tipos, las capas, la prosa, la ortografía y lo que se prueba en cada sistema."""
    python(session, "-m", "ruff", "check")
    python(session, "-m", "ruff", "format", "--check")
    python(session, "-m", "mypy")
    run(session, tool("lint-imports") or "lint-imports")
    python(session, "docs/lint.py")
    if actionlint := tool("actionlint"):
        run(session, actionlint, *map(str, (ROOT / ".github" / "workflows").glob("*.yml")))
    else:
        session.warn("No hay actionlint para este sistema: los flujos de trabajo de GitHub no se revisan.")


@nox.session(venv_backend="none", requires=["environment"], default=False)
def browser(session: nox.Session) -> None:
    """Abre cada página construida en Chromium: accesibilidad, red, búsqueda y tamaño de pantalla."""
    pytest(session, "tests/browser")


@nox.session(venv_backend="none", requires=["environment"], default=False)
def bench(session: nox.Session) -> None:
    """Mide el rendimiento como razón frente a otra biblioteca en la misma ejecución."""
    add(session, BENCH)
    python(session, "benchmarks/run.py", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def oracles(session: nox.Session) -> None:
    """Compara con KenLM, TRL y PEFT; para compilar la primera necesita un compilador de C++."""
    add(session, ORACLES)
    python(session, "-m", "pytest", "-m", "oracle", *session.posargs)


@nox.session(venv_backend="none", default=False)
def lock(session: nox.Session) -> None:
    """Renueva `requirements.lock` con las versiones más recientes que cumplen `pyproject.toml`."""
    with tempfile.TemporaryDirectory() as folder:
        venv, report = Path(folder) / "venv", Path(folder) / "report.json"
        run(session, sys.executable, "-m", "venv", str(venv))
        pip = [interpreter(venv), "-m", "pip", "--disable-pip-version-check"]
        run(session, *pip, "install", "--quiet", "--upgrade", "pip>=25.3")
        dry = ["install", "--quiet", "--dry-run", "--ignore-installed", "--report", str(report)]
        run(session, *pip, *dry, *GROUPS, "--group", BENCH, "--group", ORACLES, "--editable", ".")
        found = [item["metadata"] for item in json.loads(report.read_text(encoding="utf-8"))["install"]]
    # La variante local (+cpu) y las bibliotecas de CUDA dependen del equipo: no se fijan.
    pins = {item["name"].lower(): item["version"].partition("+")[0] for item in found}
    del pins[PROJECT["project"]["name"]]
    cuda = ("nvidia-", "cuda-", "triton")
    lines = [f"{name}=={pins[name]}" for name in sorted(pins) if not name.startswith(cuda)]
    text = "\n".join(["# Lo escribe `nox -s lock`; no se edita a mano.", *lines, ""])
    LOCK.write_text(text, encoding="utf-8", newline="\n")


@nox.session(venv_backend="none", requires=["environment"], default=False)
def linkcheck(session: nox.Session) -> None:
    """Comprueba los enlaces externos; es la única orden que necesita la red."""
    python(session, "docs/build.py", "--linkcheck", *session.posargs)


@nox.session(venv_backend="none", default=False)
def fresh(session: nox.Session) -> None:
    """Repite las dos órdenes del README en un clon limpio, con entorno y caché nuevos."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "siguiente"
        run(session, "git", "clone", "--quiet", str(ROOT), str(clone))
        os.environ["SIGUIENTE_CACHE"] = str(Path(folder) / "cache")
        with session.chdir(clone):
            for name in ("docs", "tests"):
                run(session, sys.executable, "-m", "nox", "-s", name, patience=15)
