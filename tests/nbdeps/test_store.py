"""Los cuadernos ejecutados."""

import json
import os

from nbdeps.kernel import Outcome
from nbdeps.store import KEPT, NotebookStore

NOTEBOOK = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def outcome(failed=None):
    return Outcome(NOTEBOOK, "2026-01-31", 1.0, 1.0, 10, "Uno", failed)


def test_a_damaged_or_failed_notebook_is_not_fresh_and_old_ones_are_forgotten(tmp_path):
    store = NotebookStore(tmp_path)
    store.keep("a/b", "0f", outcome())
    assert store.is_fresh("a/b", "0f")
    store.path("a/b", "0f").write_text(NOTEBOOK[:20], "utf8")
    assert not store.is_fresh("a/b", "0f")
    store.keep("a/b", "0f", outcome(failed="murió"))
    assert not store.is_fresh("a/b", "0f")
    for n in range(KEPT + 3):
        store.keep("a/b", f"{n:x}", outcome())
        os.utime(store.path("a/b", f"{n:x}"), (n, n))
    assert len(store.notebooks("a/b")) == KEPT
