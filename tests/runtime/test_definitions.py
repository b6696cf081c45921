"""La clave de una definición: lo que ella y todo lo que alcanza hacen."""

import pytest

from nbdeps.closure import Package
from siguiente.runtime import definitions
from siguiente.runtime.definitions import Definitions, code_key, reached

FILES = {
    "__init__.py": "",
    "work.py": '''
from typing import TYPE_CHECKING
from pkg.tools import helper, scale as factor
from pkg import tools, shelf
if TYPE_CHECKING:
    from pkg.typed import Thing

SIZE = 3
LEFT, RIGHT = 1, 2

def train(thing: "Thing") -> "Thing":
    """Entrena."""
    return helper(thing, SIZE) * factor

def other():
    return tools.unused()

def whole():
    return shelf.open_shelf()

def lazy():
    from pkg.late import wait
    return wait()

def both():
    return LEFT

def saved():
    from pkg.keeping import keep
    return keep
''',
    "tools.py": """
import math
scale = 2
def helper(x, n):
    return Box(x, n)
class Box:
    def __init__(self, x, n):
        self.x = math.sqrt(x)
def unused():
    return 0
""",
    "typed.py": "class Thing:\n    pass\n",
    "late.py": "DELAY = 1\ndef wait():\n    return DELAY\nprint('hola')\n",
    "keeping.py": "keep = 1\n",
    "shelf/__init__.py": "from pkg.shelf.inner import open_shelf\n",
    "shelf/inner.py": "def open_shelf():\n    return PLANKS\nPLANKS = 4\n",
    "data.py": "def load():\n    return 'data.csv'\nLIMIT = 1\n",
    "data.csv": "1\n2\n",
    "loop.py": "def even(n):\n    return odd(n - 1)\ndef odd(n):\n    return even(n - 1)\n",
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    for name, text in FILES.items():
        path = tmp_path / "pkg" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf8")
    monkeypatch.setattr(definitions, "KEEPING", {"pkg.keeping"})
    return Package(tmp_path / "pkg")


def names(path, package):
    return {name.removeprefix("pkg.") for name in Definitions(package).reached(f"pkg.{path}")}


def key(path, package):
    return Definitions(package).key(f"pkg.{path}")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("work.train", {"work.train", "work.SIZE", "tools.helper", "tools.scale", "tools.Box"}),
        ("work.both", {"work.both", "work.LEFT"}),
        ("work.lazy", {"work.lazy", "late.wait", "late.DELAY", "late.*"}),
        ("work.saved", {"work.saved"}),
        ("work.helper", {"tools.helper", "tools.Box"}),
        ("shelf.open_shelf", {"shelf.inner.open_shelf", "shelf.inner.PLANKS"}),
        ("work.whole", {"work.whole", "shelf.inner.open_shelf", "shelf.inner.PLANKS"}),
        ("loop.even", {"loop.even", "loop.odd"}),
    ],
)
def test_a_definition_reaches_what_its_names_lead_to(package, path, expected):
    assert names(path, package) == expected


def test_a_module_used_by_its_name_counts_whole(package):
    assert {"tools.unused", "tools.scale", "tools.Box"} < names("work.other", package)


def edited(package, path, file, old, new):
    """La clave de una definición, antes y después de cambiar un archivo."""
    target = package.root / file
    before, text = key(path, package), target.read_text("utf8")
    assert old in text
    target.write_text(text.replace(old, new), "utf8")
    return before, key(path, package)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("work.py", "SIZE = 3", "SIZE = 4"),
        ("work.py", "helper(thing, SIZE) * factor", "factor * helper(thing, SIZE)"),
        ("tools.py", "math.sqrt(x)", "x"),
        ("tools.py", "scale = 2", "scale = 2.0"),
    ],
)
def test_the_key_changes_with_what_is_reached(package, file, old, new):
    before, after = edited(package, "work.train", file, old, new)
    assert before != after


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("work.py", "Entrena.", "Ajusta."),
        ("work.py", '"Thing") -> "Thing"', '"Thing")'),
        ("work.py", "LEFT, RIGHT = 1, 2", "LEFT, RIGHT = 3, 4"),
        ("tools.py", "return 0", "return 1"),
        ("typed.py", "pass", "size = 1"),
    ],
)
def test_the_key_ignores_prose_types_and_what_is_not_reached(package, file, old, new):
    before, after = edited(package, "work.train", file, old, new)
    assert before == after


def test_the_key_is_the_same_wherever_the_code_is(package):
    before = {path: key(path, package) for path in ("work.train", "work.lazy", "data.load")}
    (package.root / "moved").mkdir()
    (package.root / "moved" / "__init__.py").write_text("", "utf8")
    for name in ("tools", "late", "work", "data"):
        for file in package.root.glob(f"{name}.*"):
            text = file.read_text("utf8")
            for module in ("tools", "late"):
                text = text.replace(f"pkg.{module}", f"pkg.moved.{module}")
            (package.root / "moved" / file.name).write_text(text, "utf8")
            file.unlink()
    assert {path: key(f"moved.{path}", package) for path in before} == before


def test_data_enter_the_key_of_what_their_module_defines_whatever_ends_their_lines(package):
    before, after = edited(package, "data.load", "data.csv", "2", "3")
    assert before != after
    (package.root / "data.csv").write_bytes(b"1\r\n3\r\n")
    assert key("data.load", package) == after


def test_what_a_module_runs_when_imported_counts(package):
    before, after = edited(package, "work.lazy", "late.py", "hola", "adiós")
    assert before != after


def test_only_what_is_defined_has_a_key():
    for path in ("numpy.zeros", "siguiente.runtime.store.nothing", "siguiente.nothing"):
        with pytest.raises(ValueError, match="No hay una definición"):
            code_key(path)


def test_two_models_of_one_module_have_their_own_key():
    """Cambiar la GRU no obliga a entrenar otra vez el MLP."""
    found = reached("siguiente.course.stories.networks.STORY_MLP")
    assert "siguiente.language_models.mlp.MLP" in found
    assert "siguiente.language_models.gru.GRU" not in found
