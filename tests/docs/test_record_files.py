"""Una página abre lo anotado de lo que declara, y de nada más."""

import pytest

from building.runner import Course, Page
from nbdeps.closure import Package
from nbdeps.digest import Surroundings

TEXT = """---
file_format: mystnb
kernelspec: {name: python3}
resources: ["artefact:story-mlp", "file:datos.csv"]
---
# Una página

```{code-cell}
2 + 2
```
"""


@pytest.fixture
def allowed(tmp_path):
    """Lo que se deja usar a una página que declara un artefacto y un archivo."""
    package = Package(tmp_path / "pkg")
    for folder in (package.root / "records", tmp_path / "profile"):
        folder.mkdir(parents=True)
    around = Surroundings(package, tmp_path, tmp_path / "profile", lambda name: "1", "1")
    course = Course(around, tmp_path / "out", lambda name: None, {})
    return package.root / "records", course.job(Page("pagina", TEXT, "1"), {}).closure


def test_only_the_records_it_declares_are_open_to_it(allowed):
    records, closure = allowed
    kept = [path for path in closure["ignored"] if path.startswith(str(records))]
    assert kept == [str(records / "story-mlp")]
    assert str(records.parent) in closure["watched"]
