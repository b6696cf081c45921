"""Los ejemplos de las extensiones de Sphinx, que pytest-doctestplus no recoge en carpetas con guion bajo."""

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest

EXAMPLE = re.compile(r"^\s*>>> ", re.MULTILINE)
EXTENSIONS = Path(__file__).parents[2] / "docs" / "_ext"
WITH_EXAMPLES = sorted(
    file.stem for file in EXTENSIONS.glob("[!.]*.py") if EXAMPLE.search(file.read_text("utf-8"))
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_of_an_extension_are_true(name):
    result = doctest.testmod(import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 0
    assert result.failed == 0
