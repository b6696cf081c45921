"""Órdenes del curso: `nox -l` las enumera y `nox -s ORDEN` ejecuta una."""

import hashlib
import json
import os
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.5"
nox.options.sessions = ["docs"]
nox.options.error_on_external_run = True

ROOT = Path(__file__).parent
ENVIRONMENT = ROOT / ".nox" / "environment"
PYTHON = str(ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))
LOCK = ROOT / "requirements.lock"
GROUPS = ["models", "docs", "tests", "lint", "browser"]
SITE = ROOT / "docs" / "_build" / "html"
LOCAL = {"venv_backend": "none", "requires": ["environment"]}


def run(session: nox.Session, *command: str, **env: str) -> None:
    """Ejecuta una orden con el Python del entorno compartido."""
    session.run(PYTHON, *command, external=True, env=env)


def alone() -> list[str]:
    """Devuelve los paquetes que se instalan sin sus dependencias."""
    return nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "models-alone")


@nox.session(venv_backend="none")
def environment(session: nox.Session) -> None:
    """Crea el entorno compartido, solo cuando cambian los requisitos."""
    stamp = ENVIRONMENT / "requirements.sha256"
    wanted = hashlib.sha256(LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    session.run(sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT), external=True)
    run(session, "-m", "pip", "install", "--quiet", "--upgrade", "pip>=25.3")
    groups = [flag for group in GROUPS for flag in ("--group", group)]
    run(session, "-m", "pip", "install", "--constraint", str(LOCK), *groups, "--editable", ".")
    run(session, "-m", "pip", "install", "--no-deps", *alone())
    stamp.write_text(wanted)
