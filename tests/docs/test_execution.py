"""La caché que conoce el paquete, sobre un proyecto de tres páginas con el paquete `mini`."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

EXTENSIONS = Path(__file__).parents[2] / "docs" / "_ext"
PROFILE = Path(__file__).parents[2] / "docs" / "_kernel"

CONF = f"""
import sys
sys.path[:0] = ["../src", {str(EXTENSIONS)!r}]
project = "Mini"
language = "es"
extensions = ["results.execution", "myst_nb"]
html_theme = "basic"
html_copy_source = False
exclude_patterns = ["_*", ".*", "**/.*"]
nb_execution_mode = "off"
nb_output_stderr = "remove"
"""

# Lo que `docs/build.py` hace con el curso, sobre este proyecto.
BUILD = """
import sys
sys.path[:0] = ["src", EXTENSIONS]
import psutil
from pathlib import Path
from nbdeps.digest import Surroundings
from mini.keys import key
from building.processes import ending_together
from building.runner import Course, run, unmet_claims
from claims.claim_text import CLAIM
from nbdeps.closure import Package

HERE = Path(__file__).resolve().parent

def course(out, versions="1"):
    docs, package = HERE / "docs", Package(HERE / "src" / "mini")
    told = {"resource_event": "mini.resource", "shown": {"siguiente.claim": CLAIM}}
    around = Surroundings(package, docs, docs / "_kernel", key, versions, **told)
    return Course(around, out, lambda name: None, {})

if __name__ == "__main__":
    out, versions, *only = sys.argv[1:]
    scheduler = only.pop() if only and "://" in only[-1] else ""
    made = course(HERE / out, versions)
    with ending_together():
        failures = run(made, only, None, scheduler)
        print("HIJOS", len(psutil.Process().children(recursive=True)))
    for failure in failures:
        print(f"FALLO {failure.name}: {failure.reason} {failure.detail}")
    for page, sentence in unmet_claims(made, only):
        print(f"NO {page}: {sentence}")
    sys.stdout.flush()
"""

PACKAGE = {
    "__init__.py": "",
    "keys.py": "def key(name):\n    return {'model:tiny': 'k1'}[name]\n",
    "base.py": "def two():\n    return 2\n",
    "lazy.py": "def four():\n    from mini.base import two\n    return two() * two()\n",
    "table.py": "from pathlib import Path\n\n\ndef total():\n"
    "    return sum(map(int, Path(__file__).with_suffix('.csv').read_text().split(',')))\n",
    "table.csv": "1,2,3",
    "alone.py": "VALUE = 5\n",
}

PAGE = """---
file_format: mystnb
kernelspec: {{name: python3, language: python}}
{more}
---

# {title}

{text}

```{{code-cell}}
:tags: [hide-cell]
{code}
```
"""

CLAIM = """
```{code-cell}
:tags: [remove-cell]
from siguiente.course.report.claims import claim
claim("Cuatro supera a uno.", smaller=1, larger=four(), margin=2.5)
claim("Cuatro supera a dos.", smaller=2, larger=four(), margin=1)
```
"""

INDEX = """# Inicio

```{toctree}
lazy
data
plain
pasted
claims
status
```
"""


def page(title: str, code: str, text: str = "Un párrafo.", more: str = "title: x") -> str:
    """Texto de una página con una celda."""
    return PAGE.format(title=title, code=code, text=text, more=more)


CAPTURED = {"capture_output": True, "text": True, "encoding": "utf8", "timeout": 120, "check": False}

PAGES = {
    "index.md": INDEX,
    "lazy.md": page(
        "Perezosa",
        "from myst_nb import glue\nfrom mini.lazy import four\n"
        "glue('four', str(four()), display=False)\nfour()",
    )
    + CLAIM,
    "data.md": page("Datos", "import mini.table as t\nt.total()"),
    "plain.md": page("Sola", "from mini import alone\nalone.VALUE"),
    "pasted.md": "# Pegado\n\nSon {glue:text}`lazy.md::four:s`.\n",
    "claims.md": "# Afirmaciones\n\n```{claims}\n```\n",
    "status.md": "---\nnosearch: true\n---\n# Estado\n\n```{run-status}\n```\n",
}


@dataclass(frozen=True)
class Result:
    """Lo que dijo una construcción."""

    code: int
    text: str
    executed: set[str]


class Project:
    """Un proyecto de Sphinx en una carpeta temporal."""

    def __init__(self, root: Path, *path: Path) -> None:
        self.root = root
        self.docs, self.package = root / "docs", root / "src" / "mini"
        self.path = (*path, root / "src")

    def write(self) -> "Project":
        """Escribe las páginas, el paquete y la configuración."""
        self.docs.mkdir(parents=True)
        self.package.mkdir(parents=True)
        for folder, files in ((self.docs, PAGES | {"conf.py": CONF}), (self.package, PACKAGE)):
            for name, text in files.items():
                (folder / name).write_text(text, "utf8")
        (self.root / "build.py").write_text(BUILD.replace("EXTENSIONS", repr(str(EXTENSIONS))), "utf8")
        shutil.copytree(PROFILE, self.docs / "_kernel", ignore=shutil.ignore_patterns("__pycache__"))
        return self

    def run(self, *only: str, out: str = "out", versions: str = "1", scheduler: str = "") -> Result:
        """Ejecuta lo caducado y dice qué páginas se ejecutaron."""
        command = [
            sys.executable,
            str(self.root / "build.py"),
            out,
            versions,
            *only,
            *filter(None, [scheduler]),
        ]
        done = subprocess.run(command, env=self.environment(), **CAPTURED)
        text = done.stdout + done.stderr
        return Result(done.returncode, text, set(re.findall(r"Empieza (\w+)\.", text)))

    def build(self, *only: str, out: str = "out", versions: str = "1") -> Result:
        """Ejecuta lo caducado y compone el sitio, con advertencias como errores."""
        first = self.run(*only, out=out, versions=versions)
        return self.render(first, "-D", f"execution_only={','.join(only)}", out=out)

    def render(self, first: Result, *options: str, out: str = "out") -> Result:
        """Compone el sitio."""
        command = [sys.executable, "-m", "sphinx", "-W", "-j2", "-b", "html", "-T", *options]
        command += [str(self.docs), str(self.root / out / "html")]
        done = subprocess.run(command, env=self.environment(), **CAPTURED)
        text = first.text + done.stdout + done.stderr
        return Result(first.code or done.returncode, text, first.executed)

    def environment(self) -> dict[str, str]:
        """El entorno de las órdenes: el de las pruebas, con este paquete."""
        return os.environ | {
            "PYTHONPATH": os.pathsep.join(map(str, self.path)),
            "NO_COLOR": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def edit(self, path: Path, old: str, new: str) -> None:
        """Cambia un texto que tiene que estar."""
        text = path.read_text("utf8")
        assert old in text
        path.write_text(text.replace(old, new), "utf8")

    def html(self, name: str, out: str = "out") -> str:
        """Página construida."""
        return (self.root / out / "html" / f"{name}.html").read_text("utf8")


def results(html: str) -> list[str]:
    """Resultados de las celdas que muestra una página."""
    blocks = re.findall(r'<div class="cell_output.*?<pre>(.*?)</pre>', html, re.DOTALL)
    return [re.sub("<.*?>", "", block).strip() for block in blocks]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Un proyecto ya construido, que las pruebas copian."""
    made = Project(tmp_path_factory.mktemp("mini") / "built").write()
    first = made.build()
    assert first.code == 0, first.text
    assert first.executed == {"lazy", "data", "plain"}
    return made


@pytest.fixture
def project(built, tmp_path):
    """Una copia del proyecto construido, en otra carpeta."""
    return Project(Path(shutil.copytree(built.root, tmp_path / "copy")))


def test_exactly_the_dependents_run_again(project):
    def build(*executed):
        result = project.build()
        assert result.code == 0, result.text
        assert result.executed == set(executed)
        return result

    build()  # En otra carpeta nada ha cambiado: la huella no contiene rutas.
    assert "0 added, 0 changed, 0 removed" in build().text

    project.edit(project.package / "base.py", "return 2", "return 3")
    build("lazy")
    assert '<span class="pasted-text">9</span>' in project.html("pasted")
    assert "1 &lt; 9" in project.html("claims")

    project.edit(project.package / "base.py", "return 3", "return 2")
    project.edit(project.docs / "plain.md", "Un párrafo.", "Otro párrafo.")
    build()
    assert "Otro párrafo." in project.html("plain")
    assert '<span class="pasted-text">4</span>' in project.html("pasted")
    assert "1 &lt; 4" in project.html("claims")

    project.edit(project.package / "table.csv", "1,2,3", "1,2,4")
    build("data")
    assert results(project.html("data")) == ["7"]

    project.edit(project.docs / "plain.md", "alone.VALUE", "alone.VALUE + 1")
    build("plain")

    (project.package / "table.json").write_text("{}", encoding="utf-8")
    (project.docs / "lazy.md").unlink()
    project.edit(project.docs / "index.md", "lazy\n", "")
    project.edit(project.docs / "pasted.md", "{glue:text}`lazy.md::four:s`", "nada")
    build("data")
    assert "Cuatro supera" not in project.html("claims")

    project.edit(project.docs / "_kernel" / "course_start.py", "random.seed(0)", "random.seed(1)")
    build("data", "plain")


def test_a_new_version_runs_everything(project):
    result = project.build(versions="2")
    assert result.executed == {"lazy", "data", "plain"}


TRY_NETWORK = "import contextlib, socket\nwith contextlib.suppress(OSError):\n"
FAULTS = {
    "import": ("__import__('mini.' + 'base').base.two()", "mini/base.py"),
    "file": (
        "from mini import alone\nopen(alone.__file__.replace('alone.py', 'table.csv')).read()",
        "mini/table.csv",
    ),
    "resource": ("import sys\nsys.audit('mini.resource', 'model:tiny')", "resources: [model:tiny]"),
    "network": (f"{TRY_NETWORK}    socket.socket().connect(('192.0.2.1', 80))", "«192.0.2.1»"),
    "address": (f"{TRY_NETWORK}    socket.getaddrinfo('nadie.invalid', 80)", "«nadie.invalid»"),
    "stderr": ("import sys\nprint('¡ay!', file=sys.stderr)", "¡ay!"),
}


def test_a_fault_fails_the_build_and_the_next_ones_until_it_is_mended(project):
    for name, (code, _) in FAULTS.items():
        text = page(name, code).replace("hide-cell", "remove-cell").replace("title: x", "orphan: true")
        (project.docs / f"{name}.md").write_text(text, "utf8")
    first, second = project.build(), project.build()
    assert first.executed == set(FAULTS)
    assert second.executed == set()
    for result in (first, second):
        assert result.code != 0
        for name, (_, message) in FAULTS.items():
            assert re.search(rf"/{name}\.md:\d+: WARNING: La celda escribió en stderr", result.text), name
            assert message in result.text
    mended = {
        "import": ("__import__('mini.' + 'base')", "import mini.base\n__import__('mini.' + 'base')"),
        "file": ("orphan: true", "orphan: true\nresources: ['file:../src/mini/table.csv']"),
        "resource": ("orphan: true", "orphan: true\nresources: ['model:tiny']"),
    }
    for name, (old, new) in mended.items():
        project.edit(project.docs / f"{name}.md", old, new)
    for name in FAULTS.keys() - mended.keys():
        (project.docs / f"{name}.md").unlink()
    third = project.build()
    assert third.code == 0, third.text
    assert third.executed == set(mended)

    project.edit(project.package / "keys.py", "k1", "k2")
    last = project.build()
    assert last.executed == {"resource"}
    assert "0 added, 1 changed, 0 removed" in last.text


RAISES = "def deep():\n    return 1 / 0\ndeep()"
FALSE = "from siguiente.course.report.claims import claim\nclaim('Uno supera a dos.', 2, 1, margin=1);"
FALSE_IDENTITY = (
    "from siguiente.course.report.claims import identity\nidentity('Uno es dos.', 1, 2, tolerance=1e-6)"
)


def test_an_error_stops_its_page_until_it_is_mended_and_shows_where(project):
    (project.docs / "plain.md").write_text(page("Error", RAISES) + "\n```{code-cell}\n2 + 2\n```\n", "utf8")
    first, second = project.build(), project.build()
    for result in (first, second):  # lo que falló se intenta otra vez
        assert result.executed == {"plain"}
        assert "FALLO plain: ZeroDivisionError: division by zero" in result.text
        assert "in deep" in result.text
    assert "la página se detuvo aquí" in project.html("plain")
    assert results(project.html("data")) == ["6"]
    project.edit(project.docs / "plain.md", "1 / 0", "1 / 1")
    assert project.build().code == 0


def test_a_claim_that_is_not_met_is_told_and_the_site_is_whole(project):
    (project.docs / "plain.md").write_text(page("Falso", FALSE), "utf8")
    result = project.build()
    assert result.code == 0, result.text
    assert "NO plain: «Uno supera a dos.»: 1 no supera a 2 en 1." in result.text
    assert "Uno supera a dos." in project.html("plain")
    assert "Un párrafo." in project.html("plain")


def test_an_identity_that_is_not_met_stops_its_page(project):
    (project.docs / "plain.md").write_text(page("Falsa", FALSE_IDENTITY), "utf8")
    assert "FALLO plain: ClaimError: " in project.build().text


def test_the_notebook_has_its_outputs_and_nothing_of_the_build(built):
    text = (built.root / "out" / "html" / "_sources" / "data.ipynb").read_text("utf8")
    code = next(cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code")
    assert code["outputs"][0]["data"]["text/plain"] == ["6"]
    assert "digest" not in text
    assert str(built.root) not in text
    assert "siguiente.claim" not in (built.root / "out/html/_sources/lazy.ipynb").read_text("utf8")


def site(root: Path) -> dict[str, bytes]:
    """Los bytes de un sitio, salvo la página que dice lo que tardó."""
    files = (file for file in root.rglob("*") if file.is_file() and ".doctrees" not in file.parts)
    return {str(file.relative_to(root)): file.read_bytes() for file in files if file.name != "status.html"}


def test_two_clean_builds_give_the_same_bytes(project):
    for file in (project.root / "out").iterdir():
        shutil.rmtree(file)
    again = project.build(out="again")
    assert again.executed == {"lazy", "data", "plain"}
    assert project.build().executed == {"lazy", "data", "plain"}
    one, two = site(project.root / "again" / "html"), site(project.root / "out" / "html")
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []
    assert [name for name in one if str(project.root).encode() in one[name]] == []


def test_one_page_runs_alone_and_the_others_wait(project):
    assert project.build().code == 0
    project.edit(project.package / "base.py", "return 2", "return 3")
    project.edit(project.package / "table.csv", "1,2,3", "1,2,4")
    one = project.build("data")
    assert one.code == 0, one.text
    assert one.executed == {"data"}
    assert results(project.html("lazy")) == ["4"]
    assert project.build().executed == {"lazy"}


def test_a_page_without_cells_runs_nothing(tmp_path):
    project = Project(tmp_path / "new").write()
    one = project.run("pasted")
    assert (one.code, one.executed) == (0, set()), one.text


def test_one_page_of_a_project_never_built(tmp_path):
    project = Project(tmp_path).write()
    one = project.build("data")
    assert one.code == 0, one.text
    assert one.executed == {"data"}
    assert results(project.html("data")) == ["6"]
    rest = project.build()
    assert rest.executed == {"lazy", "plain"}
    assert rest.code == 0, rest.text
    assert '<span class="pasted-text">4</span>' in project.html("pasted")


def test_a_site_is_built_without_what_only_posix_has(tmp_path, without_posix):
    project = Project(tmp_path, without_posix).write()
    made = project.render(project.run(), "-j1")  # con más, Sphinx usa fork donde cree que lo hay
    assert made.code == 0, made.text
    assert results(project.html("data")) == ["6"]


def test_the_faults_of_the_one_page_still_fail(project):
    project.edit(project.docs / "data.md", "Un párrafo.", "Un {term}`término que falta`.")
    assert project.build("data").code != 0


def test_prose_can_be_built_without_running(project):
    project.render(Result(0, "", set()), "-D", "execution_off=1", out="prose")
    assert "Un párrafo." in project.html("data", out="prose")
