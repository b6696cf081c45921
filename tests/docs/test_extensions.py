"""Los ejemplos de las extensiones de Sphinx, que pytest-doctestplus no recoge en carpetas con guion bajo."""

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest

EXAMPLE = re.compile(r"^\s*>>> ", re.MULTILINE)
EXTENSIONS = Path(__file__).parents[2] / "docs" / "_ext"
FILES = [file for file in EXTENSIONS.rglob("*.py") if not file.name.startswith(".")]
WITH_EXAMPLES = sorted(
    ".".join(file.relative_to(EXTENSIONS).with_suffix("").parts)
    for file in FILES
    if EXAMPLE.search(file.read_text("utf-8"))
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_of_an_extension_are_true(name):
    result = doctest.testmod(import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 0
    assert result.failed == 0
