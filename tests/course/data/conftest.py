"""Lo que comparten las pruebas de los datos."""

import math
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace

import pytest

from siguiente.course.data.grammar import Choice, Slot


@pytest.fixture(scope="session")
def leaks():
    """Las maneras de medir cuánto regala el vocabulario, que están en `leaks.py`."""
    return SimpleNamespace(**run_path(str(Path(__file__).with_name("leaks.py"))))


@pytest.fixture(scope="session")
def variety():
    """Cuántos textos distintos puede escribir una plantilla, si cada uno se lee de una sola manera."""

    def count(node):
        match node:
            case tuple():
                return math.prod(map(count, node))
            case Choice():
                return sum(map(count, node.options))
            case Slot() if node.draws:
                return len(node.pools[0]) - len(node.others)
        return 1

    return count
