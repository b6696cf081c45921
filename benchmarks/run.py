"""Ejecuta las comparaciones: `nox -s bench` las hace todas y `nox -s bench -- scoring`, una.

Con `--save`, deja la tabla en `docs/reference/benchmarks/`, de donde la toma la página de rendimiento.
"""

import argparse
import datetime
import os
import platform
import sys
import tempfile
from importlib import import_module
from pathlib import Path

import torch
from pairs import Result, measure

MODULES = ["alignment", "bpe", "constrained", "few_shot", "generation", "gpt", "loading", "ngram", "scoring"]
SAVED = Path(__file__).resolve().parents[1] / "docs" / "reference" / "benchmarks"
HEADER = ["comparación", "nuestro (s)", "otro (s)", "razón", "objetivo", "¿llega?"]


def main() -> int:
    """Mide y escribe la tabla; sale con 1 si alguna razón no llega a su objetivo."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module", nargs="*", choices=[*MODULES, []], help="qué comparaciones")
    parser.add_argument("--save", action="store_true", help="guarda la tabla para la página de rendimiento")
    options = parser.parse_args()
    torch.set_num_threads(1)  # como las páginas; y así el otro núcleo absorbe lo que haga el equipo
    print(f"{machine()}\n\n{' | '.join(HEADER)}")
    results = [result for name in options.module or MODULES for result in measured(name, options.save)]
    return int(any(result.ratio > result.benchmark.goal for result in results))


def measured(name: str, save: bool) -> list[Result]:
    """Mide un módulo y enseña cada fila en cuanto la tiene."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for benchmark in import_module(name).benchmarks(Path(folder)):
            results.append(measure(benchmark))
            print(" | ".join(results[-1].cells()), flush=True)
    if save:
        from siguiente.store import write_atomically

        write_atomically(SAVED / f"{name}.txt", table(results))
    return results


def table(results: list[Result]) -> str:
    """Las filas, como una tabla de reStructuredText con el equipo en el título."""
    lines = [f".. list-table:: {machine()}, {datetime.date.today():%Y-%m-%d}", "   :header-rows: 1", ""]
    for cells in [HEADER, *(result.cells() for result in results)]:
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
