"""El cierre de un código, y lo que un código hace."""

import ast

import pytest

from nbdeps.closure import (
    Package,
    absolute,
    behaviour,
    closure,
    dumped,
    files,
    imported,
)

FILES = {
    "__init__.py": "",
    "top.py": "import os\nimport pkg.part.leaf\n",
    "part/__init__.py": "from .sibling import thing\n",
    "part/sibling.py": "thing = 1\n",
    "part/leaf.py": "from .. import other\n",
    "other.py": "import typing as t\nif t.TYPE_CHECKING:\n    import pkg.typed\nelse:\n    import pkg.ran\n",
    "typed.py": "",
    "ran.py": "",
    "lazy.py": "def load():\n    from pkg.part import leaf\n    return leaf\n",
    "loop.py": "import pkg.loop\n",
    "numbers.py": "",
    "numbers.csv": "1",
    "numbers.md": "La ficha de unos datos no es un dato.",
}
PART = {"pkg", "pkg.part", "pkg.part.sibling", "pkg.part.leaf", "pkg.other", "pkg.ran"}


@pytest.fixture
def package(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / "pkg" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf8")
    return Package(tmp_path / "pkg")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("import numpy", set()),
        ("import pkg", {"pkg"}),
        ("import pkg.top as t", {"pkg.top"} | PART),
        ("from pkg import lazy", {"pkg.lazy"} | PART),
        ("from pkg.part.leaf import anything", PART),
        ("import pkg.loop", {"pkg", "pkg.loop"}),
        ("def f():\n    import pkg.ran", {"pkg", "pkg.ran"}),
        ("import pkgs", set()),
    ],
)
def test_the_closure_follows_every_import(package, cell, expected):
    assert closure(package, [cell]) == expected


def test_cells_add_up(package):
    assert closure(package, ["import pkg.loop", "import pkg.ran"]) == {"pkg", "pkg.loop", "pkg.ran"}


def test_what_cannot_be_read_depends_on_everything(package):
    assert closure(package, ["x = = 1"]) == package.modules()
    (package.root / "ran.py").write_text("x = = 1", encoding="utf-8")
    assert closure(package, ["import pkg.ran"]) == package.modules()
    assert {"pkg", "pkg.part", "pkg.typed"} < package.modules()


def test_data_belong_to_the_module_of_the_same_name(package):
    assert {file.name for file in files(package, ["pkg.numbers"])} == {"numbers.py", "numbers.csv"}
    assert {file.name for file in files(package, ["pkg"])} == {"__init__.py"}


@pytest.mark.parametrize(
    ("code", "is_package", "expected"),
    [
        ("from . import x", False, "a.b"),
        ("from . import x", True, "a.b.c"),
        ("from .d import x", True, "a.b.c.d"),
        ("from ..d import x", False, "a.d"),
        ("from d import x", False, "d"),
    ],
)
def test_relative_imports_resolve_like_python(code, is_package, expected):
    assert absolute(ast.parse(code).body[0], "a.b.c", is_package) == expected
    assert imported(code, "a.b.c", is_package) == {expected, f"{expected}.x"}


CODE = '''"""Documentación."""
import pkg.other

class Pair:
    left: int
    """El de la izquierda."""

def double(x: int) -> int:
    """Dobla."""
    return 2 * x
'''


@pytest.fixture
def does(tmp_path):
    """Lo que hace un código."""

    def write_and_ask(code):
        (tmp_path / "code.py").write_text(code, "utf8")
        return behaviour(tmp_path / "code.py")

    return write_and_ask


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Documentación", "Otra"),
        ("Dobla.", "Duplica."),
        ("El de la", "A la"),
        ("2 * x\n", "2 * x  # el doble\n\n"),
        ("x: int", "x: float"),
        (" -> int", ""),
    ],
)
def test_prose_and_annotations_are_not_what_a_code_does(does, old, new):
    assert old in CODE
    assert does(CODE) == does(CODE.replace(old, new))


@pytest.mark.parametrize(("old", "new"), [("2 * x", "3 * x"), ("double", "twice"), ("2 * x", "'2 * x'")])
def test_what_a_code_does_is_told_apart(does, old, new):
    assert does(CODE) != does(CODE.replace(old, new))


def test_what_a_code_does_is_written_the_same_by_every_python():
    """Las versiones nuevas de `ast` añaden campos vacíos y quitan otros: no se escribe ninguno."""
    node = ast.parse("def f(x):\n    return x").body[0]
    before = dumped(node)
    node.type_params, node.type_comment, node.decorator_list = [], None, []
    assert dumped(node) == before
    assert before == (
        "FunctionDef(name='f', args=arguments(args=[arg(arg='x')]), body=[Return(value=Name(id='x'))])"
    )
