"""Órdenes del curso: `nox -l` las enumera y `nox -s ORDEN` ejecuta una."""

import hashlib
import json
import sys
import tempfile
from pathlib import Path

import nox

nox.needs_version = ">=2025.5"
nox.options.sessions = ["docs"]

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".nox" / "environment"
PYTHON = str(ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))
LOCK = ROOT / "requirements.lock"
EXAMPLES = ROOT / "examples"
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


def python(session: nox.Session, *arguments: str) -> None:
    """Ejecuta el Python del entorno compartido."""
    session.run(PYTHON, *arguments, external=True)


def pytest(session: nox.Session, *arguments: str) -> None:
    """Ejecuta pruebas en dos procesos, de un hilo cada uno para que no se estorben."""
    session.env["OMP_NUM_THREADS"] = "1"
    python(session, "-m", "pytest", "-n", "2", *arguments, *session.posargs)


def pip(session: nox.Session, *arguments: str) -> None:
    """Ejecuta el pip del entorno compartido."""
    python(session, "-m", "pip", "--disable-pip-version-check", *arguments)


@nox.session(venv_backend="none", default=False)
def environment(session: nox.Session) -> None:
    """Crea el entorno compartido; lo rehace solo si cambian los requisitos."""
    stamp = ENVIRONMENT / "requirements.sha256"
    facts = [sys.version, str(ROOT), *(PROJECT[name] for name in REQUIREMENTS)]
    wanted = hashlib.sha256(LOCK.read_bytes() + json.dumps(facts).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    session.run(sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT), external=True)
    pip(session, "install", "--quiet", "--upgrade", "pip>=25.3")
    pip(session, "install", "--progress-bar=off", "--constraint", str(LOCK), *GROUPS, "--editable", ".")
    alone = nox.project.dependency_groups(PROJECT, ALONE)
    pip(session, "install", "--progress-bar=off", "--no-deps", *alone)
    stamp.write_text(wanted)


@nox.session(venv_backend="none", requires=["environment"])
def docs(session: nox.Session) -> None:
    """Construye el curso; `-- prompting/completions` solo esa página y `-- --no-run`, sin ejecutar."""
    python(session, "docs/build.py", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def live(session: nox.Session) -> None:
    """Sirve el curso en este equipo y lo reconstruye al guardar un archivo."""
    python(session, "docs/build.py", "--live", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def tests(session: nox.Session) -> None:
    """Ejecuta las pruebas y los doctests del paquete, de las páginas y de los ejemplos."""
    pytest(session)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def example(session: nox.Session) -> None:
    """Ejecuta un ejemplo: `-- language_models/completions "Había una vez"`."""
    name, *options = session.posargs or [""]
    scripts = {path.relative_to(EXAMPLES).with_suffix("").as_posix(): path for path in EXAMPLES.rglob("*.py")}
    if name not in scripts:
        session.error(f"No hay un ejemplo {name!r}. Los que hay: {', '.join(sorted(scripts))}")
    with session.chdir(session.invoked_from):
        # Al interrumpir, da tiempo a que el ejemplo diga hasta dónde llegó.
        session.run(PYTHON, str(scripts[name]), *options, external=True, interrupt_timeout=10)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def lint(session: nox.Session) -> None:
    """Revisa el estilo, los tipos, las capas, la prosa y la ortografía."""
    python(session, "-m", "ruff", "check")
    python(session, "-m", "ruff", "format", "--check")
    python(session, "-m", "mypy")
    session.run(str(Path(PYTHON).with_name("lint-imports")), external=True)
    python(session, "docs/lint.py")


@nox.session(venv_backend="none", requires=["environment"], default=False)
def browser(session: nox.Session) -> None:
    """Abre cada página construida en Chromium: accesibilidad, red, búsqueda y tamaño de pantalla."""
    pytest(session, "tests/browser")


@nox.session(venv_backend="none", requires=["environment"], default=False)
def bench(session: nox.Session) -> None:
    """Mide el rendimiento como razón frente a otra biblioteca en la misma ejecución."""
    pip(session, "install", "--quiet", "--constraint", str(LOCK), "--group", BENCH)
    python(session, "benchmarks/run.py", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def oracles(session: nox.Session) -> None:
    """Compara con KenLM, TRL y PEFT; para compilar la primera necesita un compilador de C++."""
    pip(session, "install", "--quiet", "--constraint", str(LOCK), "--group", ORACLES)
    python(session, "-m", "pytest", "-m", "oracle", *session.posargs)


@nox.session(venv_backend="none", default=False)
def lock(session: nox.Session) -> None:
    """Renueva `requirements.lock` con las versiones más recientes que cumplen `pyproject.toml`."""
    with tempfile.TemporaryDirectory() as folder:
        interpreter, report = Path(folder) / "venv" / "bin" / "python", Path(folder) / "report.json"
        session.run(sys.executable, "-m", "venv", str(interpreter.parents[1]), external=True)
        pip = [str(interpreter), "-m", "pip", "--disable-pip-version-check"]
        session.run(*pip, "install", "--quiet", "--upgrade", "pip>=25.3", external=True)
        dry = ["install", "--quiet", "--dry-run", "--ignore-installed", "--report", str(report)]
        session.run(
            *pip, *dry, *GROUPS, "--group", BENCH, "--group", ORACLES, "--editable", ".", external=True
        )
        found = [item["metadata"] for item in json.loads(report.read_text())["install"]]
    # La variante local (+cpu) y las bibliotecas de CUDA dependen del equipo: no se fijan.
    pins = {item["name"].lower(): item["version"].partition("+")[0] for item in found}
    del pins[PROJECT["project"]["name"]]
    cuda = ("nvidia-", "cuda-", "triton")
    lines = [f"{name}=={pins[name]}" for name in sorted(pins) if not name.startswith(cuda)]
    LOCK.write_text("# Lo escribe `nox -s lock`; no se edita a mano.\n" + "\n".join(lines) + "\n")


@nox.session(venv_backend="none", requires=["environment"], default=False)
def linkcheck(session: nox.Session) -> None:
    """Comprueba los enlaces externos; es la única orden que necesita la red."""
    python(session, "docs/build.py", "--linkcheck", *session.posargs)


@nox.session(venv_backend="none", default=False)
def fresh(session: nox.Session) -> None:
    """Repite las dos órdenes del README en un clon limpio, con entorno y caché nuevos."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "siguiente"
        session.run("git", "clone", "--quiet", str(ROOT), str(clone), external=True)
        env = {"SIGUIENTE_CACHE": str(Path(folder) / "cache")}
        with session.chdir(clone):
            for name in ("docs", "tests"):
                session.run(sys.executable, "-m", "nox", "-s", name, external=True, env=env)
