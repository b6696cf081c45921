"""Cada prueba dibuja en figuras nuevas, y ninguna queda abierta."""

import matplotlib.pyplot as plt
import pytest


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")
