"""Ejecuta las páginas caducadas, y antes lo que necesitan; deja sus cuadernos donde Sphinx los lee.

Primero se ejecuta y después se compone: lo que falle en una página se queda en ella.
"""

import hashlib
import json
import subprocess
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import nbformat

import nbdeps
from building.files import files, summary
from building.performance import Failure, Work, perform
from claims.claim_text import unmet
from linting.pages import published
from nbdeps.digest import Notebook, Surroundings, dependencies, digest, is_file, read_notebook
from nbdeps.kernel import Job, Outcome, run_page
from nbdeps.store import NotebookStore
from siguiente.runtime.store import write_atomically

# Segundos y bytes que se le suponen a una página que nunca se midió.
UNKNOWN = 60.0, 1_000_000_000
PROSE = {".md", ".rst"}  # de una página cuenta el texto; las que no tienen celdas no deciden nada


@dataclass(frozen=True)
class Page:
    """Una página con celdas, con la huella que tiene ahora."""

    name: str
    text: str
    digest: str
    problem: str | None = None
    """Por qué no se puede ejecutar, si no se puede."""

    @cached_property
    def notebook(self) -> Notebook:
        """Sus celdas; solo se leen si hacen falta."""
        found = read_notebook(self.text)
        assert found is not None  # noqa: S101
        return found

    @property
    def needs(self) -> frozenset[str]:
        """Los modelos y los artefactos que declara."""
        return frozenset(name for name in self.notebook.resources if not is_file(name))


@dataclass(frozen=True)
class Course:
    """De dónde salen las páginas, dónde se guardan y qué pueden usar."""

    around: Surroundings
    out: Path
    build_resource: Callable[[str], list[str] | None]
    """La orden que construye un recurso, o `None` si ya está."""
    costs: Mapping[str, tuple[float, int]]
    """Segundos y bytes de cada página, medidos en otra parte; los de aquí valen más."""

    @property
    def work(self) -> Path:
        """Carpeta de la ejecución, junto al sitio y fuera de él."""
        return self.out / "execution"

    @property
    def store(self) -> NotebookStore:
        """Los cuadernos ejecutados."""
        return NotebookStore(self.work / "pages")

    def surroundings(self) -> str:
        """Resume de qué dependen las páginas, además de su texto: de los archivos, el tamaño y el momento."""
        around = self.around
        roots = [around.package.root, around.docs, around.profile, Path(nbdeps.__file__).parent]
        return summary([around.versions], (f for root in roots for f in files(root) if f.suffix not in PROSE))

    def pages(self, surroundings: str = "") -> dict[str, Page]:
        """Todas las páginas con celdas, por nombre.

        Si los alrededores son los de la última vez, las que siguen igual tienen la huella que tenían.
        """
        plan, docs = read_plan(self), self.around.docs
        known = plan["pages"] if plan.get("surroundings") == surroundings else {}
        paths = [path for path in published(docs) if path.suffix == ".md"]
        named = {path.relative_to(docs).with_suffix("").as_posix(): path.read_text("utf8") for path in paths}
        found = {name: self.page(name, text, known.get(name)) for name, text in named.items()}
        return {name: page for name, page in found.items() if page}

    def page(self, name: str, text: str, known: Mapping[str, Any] | None) -> Page | None:
        """Una página, con la huella que se conocía o, si cambió, con la que se calcula; `None` sin celdas."""
        if known and known["digest"] and known["text"] == text_key(text):
            return Page(name, text, known["digest"])
        notebook = read_notebook(text)
        if notebook is None:
            return None
        try:
            return Page(name, text, digest(notebook, dependencies(notebook, self.around), self.around))
        except (LookupError, ValueError) as error:
            return Page(name, text, "", str(error))

    def job(self, page: Page, environment: Mapping[str, str]) -> Job:
        """Describe la ejecución de una página."""
        around, notebook = self.around, page.notebook
        # Lo anotado de lo que declara: su contenido ya está en la clave del recurso.
        records = [around.package.root / "records" / name.rpartition(":")[2] for name in sorted(page.needs)]
        allowed: dict[str, Any] = {
            "page": page.name,
            "files": sorted(str(file) for file in dependencies(notebook, around).files),
            "resources": list(notebook.resources),
            "watched": [str(around.package.root), str(around.docs.resolve())],
            "resource_event": around.resource_event,
            "shown": dict(around.shown),
            "ignored": [str(path) for path in (self.out.resolve(), around.profile, *records)],
        }
        settings = notebook.node.metadata.get("mystnb", {})
        return Job(
            page=page.name,
            notebook=nbformat.writes(notebook.node),
            closure=allowed,
            profile=str(around.profile),
            environment={**around.environment, **environment},
            timeout=float(settings.get("execution_timeout", 600)),
        )


def text_key(text: str) -> str:
    """Resume el texto de una página."""
    return hashlib.sha256(text.encode()).hexdigest()


def run(
    course: Course, only: Collection[str] = (), asked: int | None = None, scheduler: str = ""
) -> list[Failure]:
    """Ejecuta las páginas caducadas, todas o solo las pedidas, y escribe qué cuaderno muestra cada una."""
    surroundings = course.surroundings()
    pages = course.pages(surroundings)
    wanted = [page for name, page in pages.items() if name in (only or pages)]
    stale = [page for page in wanted if not course.store.is_fresh(page.name, page.digest)]
    able = [page for page in stale if not page.problem]
    works = [page_work(course, page, {}, course.store, page.digest, page.name) for page in able]
    failures = [Failure(page.name, page.problem) for page in stale if page.problem]
    failures += perform([*resource_works(course, stale), *works], asked, scheduler)
    # Con lo de antes de leer las páginas: lo que cambie mientras se ejecutan se verá la próxima vez.
    write_plan(course, pages, surroundings)
    return failures


def page_work(
    course: Course, page: Page, environment: Mapping[str, str], store: NotebookStore, key: str, name: str
) -> Work:
    """La ejecución de una página, con el nombre con que se cuenta; se guarda con una clave."""
    seconds, memory = expected(course, page.name)

    def keep(outcome: Outcome) -> Failure | None:
        store.keep(page.name, key, outcome)
        return Failure(name, outcome.failed, outcome.detail) if outcome.failed else None

    call = partial(run_page, course.job(page, environment))
    return Work(name, seconds, memory, page.needs, call=call, keep=keep)


def expected(course: Course, page: str) -> tuple[float, int]:
    """Segundos y bytes que se esperan de una página: los de su última vez aquí o, si no, los anotados."""
    for path in course.store.notebooks(page)[:1]:
        if facts := course.store.facts(path):
            return float(facts["seconds"]), int(facts["memory"])
    return course.costs.get(page, UNKNOWN)


def resource_works(course: Course, stale: Iterable[Page]) -> list[Work]:
    """La construcción de los modelos y artefactos que faltan y que alguna página va a usar."""
    named = sorted({name for page in stale for name in page.needs})
    return [resource_work(name, order) for name in named if (order := course.build_resource(name))]


def resource_work(name: str, order: list[str]) -> Work:
    """La construcción de un modelo o de un artefacto, en un proceso suyo."""

    def keep(done: subprocess.CompletedProcess[str]) -> Failure | None:
        if done.returncode == 0:
            return None
        why = done.stderr.strip().splitlines()[-1:] or ["su proceso murió: puede que faltase memoria."]
        return Failure(name, why[0], done.stderr)

    call = partial(subprocess.run, order, capture_output=True, encoding="utf8")
    return Work(name, 45.0, 2_500_000_000, call=call, keep=keep, here=True)


def read_plan(course: Course) -> dict[str, Any]:
    """El plan que se escribió la última vez; vacío si no lo hay."""
    path = course.work / "plan.json"
    return dict(json.loads(path.read_text("utf8"))) if path.is_file() else {}


def write_plan(course: Course, pages: Mapping[str, Page], surroundings: str) -> None:
    """Escribe, para Sphinx, el cuaderno que muestra cada página.

    Es el de su huella o, si no se ha ejecutado así, el último que haya.
    """
    entries = {}
    for page in pages.values():
        exact, kept = course.store.path(page.name, page.digest), course.store.notebooks(page.name)
        shown = exact if exact.is_file() else next(iter(kept), None)
        facts = {} if shown is None else course.store.facts(shown) or {}
        entries[page.name] = {
            "notebook": None if shown is None else shown.relative_to(course.work).as_posix(),
            "failed": page.problem or facts.get("failed"),
            "text": text_key(page.text),
            "digest": page.digest,
        }
    plan = {"surroundings": surroundings, "pages": entries}
    if plan != read_plan(course):
        course.work.mkdir(parents=True, exist_ok=True)
        write_atomically(course.work / "plan.json", json.dumps(plan, indent=1))


def unmet_claims(course: Course, only: Collection[str] = ()) -> list[tuple[str, str]]:
    """Las afirmaciones que no se cumplieron en las páginas que se muestran."""
    pages = read_plan(course)["pages"]
    shown = {name: entry["notebook"] for name, entry in pages.items() if name in (only or pages)}
    texts = {name: (course.work / path).read_text("utf8") for name, path in shown.items() if path}
    return [(name, sentence) for name, text in texts.items() for sentence in unmet(json.loads(text))]
