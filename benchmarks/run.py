"""Ejecuta las comparaciones: `nox -s bench` las hace todas y `nox -s bench -- scoring`, una.

Con `--save`, deja la tabla en `docs/reference/benchmarks/`, de donde la toma la página de rendimiento.
"""

import argparse
import datetime
import os
import platform
import sys
import tempfile
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from pairs import measure

MODULES = [
    "alignment",
    "bpe",
    "constrained",
    "few_shot",
    "generation",
    "gpt",
    "loading",
    "ngram",
    "road",
    "scoring",
]
SAVED = Path(__file__).resolve().parents[1] / "docs" / "reference" / "benchmarks"
HEADER = ["comparación", "nuestro (s)", "otro (s)", "razón", "objetivo", "¿llega?"]


def main() -> int:
    """Mide y escribe la tabla; sale con 1 si algo no llega a su objetivo."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module", nargs="*", choices=[*MODULES, []], help="qué comparaciones")
    parser.add_argument("--save", action="store_true", help="guarda la tabla para la página de rendimiento")
    options = parser.parse_args()
    torch.set_num_threads(1)  # como las páginas; y así el otro núcleo absorbe lo que haga el equipo
    print(machine())
    met = [measured(name, options.save) for name in options.module or MODULES]
    return int(not all(met))


def measured(name: str, save: bool) -> bool:
    """Mide un módulo, enseña cada fila en cuanto la tiene y dice si todas llegan a su objetivo."""
    module, met = import_module(name), True
    rows: list[list[str]] = [getattr(module, "HEADER", HEADER)]
    print("\n" + " | ".join(rows[0]))
    with tempfile.TemporaryDirectory() as folder:
        for result in results(module, Path(folder)):
            rows.append(result.cells())
            met = met and result.met
            print(" | ".join(rows[-1]), flush=True)
    if save:
        from siguiente.runtime.store import write_atomically

        write_atomically(SAVED / f"{name}.txt", table(rows))
    return met


def results(module: Any, folder: Path) -> Iterable[Any]:
    """Lo que da un módulo: sus comparaciones por parejas, o lo que él mismo mide."""
    return module.results(folder) if hasattr(module, "results") else map(measure, module.benchmarks(folder))


def table(rows: list[list[str]]) -> str:
    """Las filas, como una tabla de reStructuredText con el equipo en el título."""
    lines = [f".. list-table:: {machine()}, {datetime.date.today():%Y-%m-%d}", "   :header-rows: 1", ""]
    for cells in rows:
        lines += [f"   {'*' if i == 0 else ' '} - {cell}" for i, cell in enumerate(cells)]
    return "\n".join(lines) + "\n"


def machine() -> str:
    """El procesador, sus núcleos y las versiones."""
    found = Path("/proc/cpuinfo")
    lines = found.read_text(encoding="utf-8").splitlines() if found.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor() or platform.machine()
    versions = f"Python {platform.python_version()}, PyTorch {torch.__version__.partition('+')[0]}"
    return f"{processor}, {os.cpu_count()} núcleos, {versions}"


if __name__ == "__main__":
    sys.exit(main())
