"""El curso es el mismo en Linux, macOS y Windows: ni módulos ni codificaciones que solo haya en uno."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from linting.reading import Page

ROOT = Path(__file__).parents[1]
FOLDERS = ("src", "docs", "benchmarks")
MODULES = {"crypt", "fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
MODULES |= {"msvcrt", "winreg", "winsound", "_winapi"}
OS = {"fork", "forkpty", "killpg", "setsid", "setpgid", "getpgid", "getpgrp", "getuid", "geteuid", "getgid"}
OS |= {"getegid", "getgroups", "uname", "sysconf", "chown", "lchown", "mkfifo", "mknod", "getloadavg", "nice"}
OS |= {"sched_getaffinity", "wait", "waitid", "wait3", "wait4", "statvfs", "chroot", "fchmod", "fchown"}
OS |= {"posix_spawn", "sync", "pread", "pwrite", "openpty", "register_at_fork", "startfile", "umask"}
OS |= {"O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC"}
SIGNALS = {"SIGKILL", "SIGHUP", "SIGQUIT", "SIGALRM", "SIGCHLD", "SIGSTOP", "SIGCONT", "SIGPIPE", "SIGUSR1"}
SIGNALS |= {
    "SIGUSR2",
    "SIGWINCH",
    "SIGBREAK",
    "CTRL_C_EVENT",
    "CTRL_BREAK_EVENT",
    "alarm",
    "pause",
    "setitimer",
}
CALLS = {"preexec_fn", "pass_fds", "process_group", "creationflags"}
# Importa el paquete entero y dice qué módulos no se dejaron y qué queda de lo que se quitó.
EVERYTHING = """
import importlib, json, os, pkgutil, siguiente
failed = {}
for module in pkgutil.walk_packages(siguiente.__path__, "siguiente."):
    try:
        importlib.import_module(module.name)
    except Exception as error:
        failed[module.name] = repr(error)
left = [name for name in ("fork", "killpg") if hasattr(os, name)]
for name in ("resource", "fcntl", "pwd", "grp", "termios"):
    try:
        left.append(importlib.import_module(name).__name__)
    except ImportError:
        pass
print(json.dumps([failed, left]))
"""
ONLY_THERE = {"os": OS, "signal": SIGNALS}


def sources() -> Iterator[tuple[str, int, str]]:
    """Da cada archivo de Python y cada celda de una página: nombre, línea en que empieza y código."""
    written = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")) if visible(path)]
    for path in [ROOT / "noxfile.py", *written]:
        name = path.relative_to(ROOT).as_posix()
        if path.suffix == ".py":
            yield name, 1, path.read_text(encoding="utf-8")
        elif path.suffix == ".md":
            yield from ((name, cell.line, cell.source) for cell in Page(path, path.read_text("utf-8")).cells)


def visible(path: Path) -> bool:
    """Descarta lo construido y lo que dejan otros programas."""
    parts = path.relative_to(ROOT).parts
    return "_build" not in parts and not any(part.startswith(".") for part in parts)


def only_in_one_system(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Da la línea y el nombre de lo que no hay en todos los sistemas.

    Lo que se pregunta antes con `hasattr` y se toma con `getattr` no está aquí: vale en todos.
    """
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found = [one.name for one in names if one.name.split(".")[0] in MODULES]
            case ast.ImportFrom(module=str(module), names=names, level=0):
                taken = [f"{module}.{one.name}" for one in names if one.name in ONLY_THERE.get(module, ())]
                found = [module] if module.split(".")[0] in MODULES else taken
            case ast.Attribute(value=ast.Name(id="os" | "signal" as module), attr=name):
                found = [f"{module}.{name}"] if name in ONLY_THERE[module] else []
            case ast.Call(keywords=keywords):
                found = [one.arg for one in keywords if one.arg in CALLS]
            case _:
                found = []
        yield from ((node.lineno, name) for name in found)


def without_encoding(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Da las lecturas y escrituras de texto que toman la codificación del sistema: en Windows es otra."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given = {one.arg: one.value for one in node.keywords}
            name = called(node.func)
            if not {"encoding", None} & given.keys() and is_text(name, node.args, given):
                yield node.lineno, name


def called(function: ast.expr) -> str:
    """Nombre de lo que se llama: `open` es la función, y `.open` el método de una ruta."""
    match function:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id="os" | "io" | "subprocess" as module), attr=name):
            return f"{module}.{name}"
        case ast.Attribute(attr=name):
            return f".{name}"
    return ""


def is_text(name: str, given: list[ast.expr], options: dict[str | None, ast.expr]) -> bool:
    """Dice si una llamada sin `encoding` lee o escribe texto."""
    if name.startswith("subprocess."):
        return bool({"text", "universal_newlines"} & options.keys())
    if name in (".read_text", ".write_text"):
        return len(given) == int(name == ".write_text")
    if name in ("open", "io.open", "os.fdopen", ".open"):
        mode = options.get("mode") or next(iter(given[int(name != ".open") :]), None)
        # De un método `open` sin modo no se sabe si es el de una ruta.
        return (
            name != ".open" if mode is None else isinstance(mode, ast.Constant) and is_text_mode(mode.value)
        )
    return False


def is_text_mode(mode: object) -> bool:
    """Dice si es un modo de abrir texto, como «r» o «w+»."""
    return isinstance(mode, str) and set(mode) <= set("rwxat+") and mode != ""


@pytest.mark.parametrize("fault", [only_in_one_system, without_encoding])
def test_nothing_works_in_one_system_only(fault):
    found = [
        f"{name}:{start + line - 1}: {what}"
        for name, start, code in sources()
        for line, what in fault(ast.parse(code))
    ]
    assert not found, "\n".join(found)


def test_the_package_works_without_what_only_posix_has(without_posix):
    env = os.environ | {"PYTHONPATH": str(without_posix)}
    done = subprocess.run(
        [sys.executable, "-c", EVERYTHING], env=env, capture_output=True, encoding="utf-8", check=True
    )
    assert json.loads(done.stdout.splitlines()[-1]) == [{}, []]


def test_pages_and_programs_are_read():
    names = {name for name, _, _ in sources()}
    assert {
        "noxfile.py",
        "docs/build.py",
        "src/siguiente/runtime/store.py",
        "docs/prompting/chat.md",
    } <= names


@pytest.mark.parametrize(
    "code",
    [
        "import resource",
        "import os.path, fcntl",
        "from pwd import getpwuid",
        "from os import killpg",
        "import os\nos.fork()",
        "import signal\nsignal.signal(signal.SIGHUP, f)",
        "subprocess.Popen(command, preexec_fn=f)",
    ],
)
def test_what_only_one_system_has_is_found(code):
    assert list(only_in_one_system(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "import os\nhasattr(os, 'killpg') and getattr(os, 'killpg')(1, 2)",
        "from os import path\nimport signal\nsignal.SIGTERM",
        "self.fork()",
    ],
)
def test_what_every_system_has_is_not(code):
    assert not list(only_in_one_system(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "path.read_text()",
        "path.write_text(x, newline='')",
        "open(path)",
        "open(path, 'w')",
        "path.open('a+')",
        "os.fdopen(n, mode='w')",
        "subprocess.run(command, text=True)",
    ],
)
def test_text_without_encoding_is_found(code):
    assert list(without_encoding(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "path.read_text(encoding='utf-8')",
        "path.read_text('utf-8')",
        "open(path, 'rb')",
        "path.open('wb')",
        "ScoreLog.open(path, settings)",
        "subprocess.run(command)",
        "open(path, **options)",
    ],
)
def test_bytes_and_text_with_encoding_are_not(code):
    assert not list(without_encoding(ast.parse(code)))
