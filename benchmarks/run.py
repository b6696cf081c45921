"""Ejecuta las comparaciones: `nox -s bench` las hace todas y `nox -s bench -- scoring`, una."""

import argparse
import platform
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from pairs import measure

MODULES = ["few_shot", "loading", "scoring"]


def main() -> int:
    """Mide y escribe la tabla; sale con 1 si alguna razón no llega a su objetivo."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module", nargs="*", choices=[*MODULES, []], help="qué comparaciones")
    chosen = parser.parse_args().module or MODULES
    print(f"{platform.machine()}, Python {platform.python_version()}\n")
    header = ["comparación", "nuestro (s por caso)", "otro (s por caso)", "razón", "objetivo", "¿llega?"]
    print(f"| {' | '.join(header)} |\n|{'---|' * len(header)}")
    results = []
    for name in chosen:
        with tempfile.TemporaryDirectory() as folder:
            for benchmark in import_module(name).benchmarks(Path(folder)):
                results.append(measure(benchmark))
                print(results[-1].line(), flush=True)
    return int(any(result.ratio > result.benchmark.goal for result in results))


if __name__ == "__main__":
    sys.exit(main())
