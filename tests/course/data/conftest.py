"""Lo que comparten las pruebas de los datos."""

from pathlib import Path
from runpy import run_path
from types import SimpleNamespace

import pytest


@pytest.fixture(scope="session")
def leaks():
    """Las maneras de medir cuánto regala el vocabulario, que están en `leaks.py`."""
    return SimpleNamespace(**run_path(str(Path(__file__).with_name("leaks.py"))))
