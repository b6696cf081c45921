"""Recuento de doctests: todo ejemplo escrito en `src` y `docs` debe ejecutarse.

Sin él, una carpeta ignorada o un patrón mal escrito dejarían de ejecutar ejemplos sin que nada fallase.
"""

import re
from collections import Counter
from pathlib import Path

import psutil
import pytest
from _pytest.doctest import DoctestItem
from joblib import cpu_count

FOLDERS = ("src", "docs")
APART = {"_build", "_ext"}  # los ejemplos de las extensiones los ejecuta `tests/docs/test_extensions.py`
MEMORY = 2_000_000_000  # bytes que puede necesitar cada proceso de pruebas
EXAMPLE = re.compile(r"^\s*>>> ", re.MULTILINE)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declara en la configuración cuántos ejemplos hay al menos."""
    parser.addini("doctest_floor", "mínimo de ejemplos en una ejecución completa", default="0")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Cuenta los núcleos que se pueden usar, también dentro de un contenedor, mientras alcance la memoria."""
    return max(1, min(cpu_count(), psutil.virtual_memory().available // MEMORY))


def hidden(file: Path, base: Path) -> bool:
    """Dice si es de los que dejan los editores y los sistemas (`.ipynb_checkpoints`, `._página.md`)."""
    return file.is_relative_to(base) and any(part.startswith(".") for part in file.relative_to(base).parts)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """No recoge lo que dejaron otros programas: ni siquiera tiene que ser texto."""
    return hidden(collection_path, config.rootpath) or None


def written_examples(roots: list[Path], base: Path) -> Counter[Path]:
    """Cuenta las líneas `>>>` de cada archivo del proyecto."""
    files = [f for root in roots for f in (root.rglob("*") if root.is_dir() else [root])]
    texts = [f for f in files if f.suffix in {".py", ".rst", ".md"} and f.is_file() and not hidden(f, base)]
    ours = [f for f in texts if not APART & {*f.relative_to(base).parts}]
    # De lo que no esté en UTF-8 avisa quien lo recoge, con su nombre.
    return Counter({f: len(EXAMPLE.findall(f.read_text(encoding="utf-8", errors="replace"))) for f in ours})


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Compara lo escrito con lo recogido y se detiene si falta algo."""
    if any(config.getoption(name, False) for name in ("lf", "ignore", "ignore_glob")):
        return
    base = config.rootpath
    asked = [base / argument for argument in config.args if "::" not in argument]
    roots = [path for path in asked if path.is_relative_to(base) and path.relative_to(base).parts[:1]]
    roots = [path for path in roots if path.relative_to(base).parts[0] in FOLDERS and path.exists()]
    collected: Counter[Path] = Counter()
    for item in items:
        if isinstance(item, DoctestItem) and item.dtest is not None:
            collected[item.path] += len(item.dtest.examples)
    written = written_examples(roots, base)
    lost = [
        f"{f.relative_to(base).as_posix()}: {n} escritos, {collected[f]} recogidos"
        for f, n in written.items()
        if n != collected[f]
    ]
    floor = int(config.getini("doctest_floor"))
    if config.args == config.getini("testpaths") and written.total() < floor:
        lost.append(f"en total hay {written.total()} ejemplos y `doctest_floor` exige {floor}")
    if lost:
        raise pytest.UsageError("Hay doctests que no se ejecutan:\n  " + "\n  ".join(lost))
