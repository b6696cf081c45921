"""Ejecuta las páginas caducadas, y antes lo que necesitan; deja sus cuadernos donde Sphinx los lee.

Primero se ejecuta y después se compone: lo que falle en una página se queda en ella.
"""

import hashlib
import json
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import nbformat

import nbdeps
from building.progress import Progress
from building.schedule import TYPICAL, UNKNOWN, Task, free_memory, jobs, next_task, span
from claims.claim_text import unmet
from nbdeps.digest import (
    Notebook,
    Surroundings,
    dependencies,
    digest,
    is_file,
    read_notebook,
)
from nbdeps.kernel import Job, Outcome, run_page
from nbdeps.store import NotebookStore
from siguiente.runtime.store import write_atomically

PROSE = {".md", ".rst"}  # de una página cuenta el texto; las que no tienen celdas no deciden nada
TICK = 1.0  # segundos entre dos miradas a lo que está en marcha


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


@dataclass(frozen=True)
class Failure:
    """Algo que se detuvo."""

    name: str
    reason: str
    detail: str = ""


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
        found = sorted(path for root in roots for path in root.rglob("*") if ours(path, root))
        stats = [(str(path), path.stat()) for path in found if path.is_file() and path.suffix not in PROSE]
        facts = [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]
        return hashlib.sha256(repr((around.versions, facts)).encode()).hexdigest()

    def pages(self, surroundings: str = "") -> dict[str, Page]:
        """Todas las páginas con celdas, por nombre; las que siguen igual tienen la huella que tenían."""
        plan, docs = read_plan(self), self.around.docs
        known = plan["pages"] if surroundings and plan.get("surroundings") == surroundings else {}
        paths = sorted(path for path in docs.rglob("*.md") if ours(path, docs))
        named = {path.relative_to(docs).with_suffix("").as_posix(): path.read_text("utf8") for path in paths}
        found = {name: self.page(name, text, known.get(name, {})) for name, text in named.items()}
        return {name: page for name, page in found.items() if page}

    def page(self, name: str, text: str, known: Mapping[str, Any] = MappingProxyType({})) -> Page | None:
        """Una página, con la huella que se conocía o, si cambió, con la que se calcula; `None` sin celdas."""
        if known.get("digest") and known["text"] == text_key(text):
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
        watched = [str(self.around.package.root), str(self.around.docs.resolve())]
        # Lo anotado de lo que declara: su contenido ya está en la clave del recurso.
        names = [name.rpartition(":")[2] for name in page.notebook.resources if not is_file(name)]
        records = [str(self.around.package.root / "records" / name) for name in names]
        allowed: dict[str, Any] = {
            "page": page.name,
            "files": sorted(str(file) for file in dependencies(page.notebook, self.around).files),
            "resources": list(page.notebook.resources),
            "watched": watched,
            "resource_event": self.around.resource_event,
            "shown": dict(self.around.shown),
            "ignored": [str(self.out.resolve()), str(self.around.profile), *records],
        }
        settings = page.notebook.node.metadata.get("mystnb", {})
        return Job(
            page=page.name,
            notebook=nbformat.writes(page.notebook.node),
            closure=allowed,
            profile=str(self.around.profile),
            environment={**self.around.environment, **environment},
            timeout=float(settings.get("execution_timeout", 600)),
        )


def text_key(text: str) -> str:
    """Resume el texto de una página."""
    return hashlib.sha256(text.encode()).hexdigest()


def ours(path: Path, root: Path) -> bool:
    """Dice si un archivo es del curso: ni construido, ni oculto, ni compilado."""
    parts = path.relative_to(root).parts
    return not any(part.startswith((".", "_")) and part != "__init__.py" for part in parts)


@dataclass(frozen=True)
class Work:
    """Una tarea y cómo se hace: con un cuaderno o con una orden."""

    task: Task
    do: Callable[[Executor], Future[Any]]
    keep: Callable[[Any], Failure | None]


def run(
    course: Course, only: Iterable[str] = (), asked: int | None = None, scheduler: str = ""
) -> list[Failure]:
    """Ejecuta las páginas caducadas, todas o solo las pedidas, y escribe qué cuaderno muestra cada una."""
    surroundings = course.surroundings()
    pages = course.pages(surroundings)
    wanted = {name: pages[name] for name in only} or pages
    stale = [page for page in wanted.values() if not course.store.is_fresh(page.name, page.digest)]
    failures = [Failure(page.name, page.problem) for page in stale if page.problem]
    works = [page_work(course, page) for page in stale if not page.problem]
    works = [*resource_works(course, stale), *works]
    failures += perform(works, asked, scheduler)
    # Con lo de antes de leer las páginas: lo que cambie mientras se ejecutan se verá la próxima vez.
    write_plan(course, pages, surroundings)
    return failures


def read_plan(course: Course) -> dict[str, Any]:
    """El plan que se escribió la última vez; vacío si no lo hay."""
    path = course.work / "plan.json"
    return dict(json.loads(path.read_text("utf8"))) if path.is_file() else {}


def perform(works: list[Work], asked: int | None = None, scheduler: str = "") -> list[Failure]:
    """Hace todas las tareas, tantas a la vez como se puede, y devuelve las que fallaron."""
    if not works:
        return []
    with executors(asked, scheduler) as (local, far, workers):
        return Performance(works, local, far, workers).finish()


@contextmanager
def executors(asked: int | None, scheduler: str) -> Iterator[tuple[Executor, Executor, int]]:
    """Quién hace las tareas: hilos que esperan a procesos de este equipo o, si se da, un grupo de Dask."""
    workers = jobs(asked)
    local = ThreadPoolExecutor(max(workers, 1))
    try:
        if not scheduler:
            yield local, local, workers
            return
        import cloudpickle
        from distributed import Client

        cloudpickle.register_pickle_by_value(nbdeps)  # los demás equipos no tienen este paquete
        with Client(scheduler, set_as_default=False) as client:
            threads = sum(client.nthreads().values())
            yield local, client.get_executor(pure=False), asked or max(threads, 1)
    finally:
        local.shutdown(wait=False, cancel_futures=True)


class Performance:
    """El bucle que reparte, espera y cuenta."""

    def __init__(self, works: list[Work], local: Executor, far: Executor, workers: int) -> None:
        self.waiting = {work.task.name: work for work in works}
        self.local, self.far, self.workers = local, far, workers
        self.running: dict[Future[Any], tuple[Work, float]] = {}
        self.failed: dict[str, Failure] = {}
        self.progress = Progress(len(works))

    def finish(self) -> list[Failure]:
        """Hace todo y devuelve lo que falló."""
        while self.waiting or self.running:
            self.start_what_fits()
            done, _ = wait(self.running, timeout=TICK, return_when=FIRST_COMPLETED)
            for future in done:
                self.collect(future)
            self.progress.show(
                [(work.task.name, start) for work, start in self.running.values()], self.left()
            )
        self.progress.clear()
        return list(self.failed.values())

    def start_what_fits(self) -> None:
        """Empieza tareas mientras haya quien las haga y memoria donde hacerlas."""
        while len(self.running) < self.workers:
            # Sin nada en marcha se empieza algo aunque parezca que no cabe: si no, no acabaría nunca.
            free = free_memory() - self.promised() if self.running else float("inf")
            missing = {*self.waiting, *(work.task.name for work, _ in self.running.values())}
            task = next_task((work.task for work in self.waiting.values()), missing, free)
            if task is None:
                return
            work = self.waiting.pop(task.name)
            self.progress.started(task.name)
            executor = self.local if task.name.startswith(("model:", "artefact:")) else self.far
            self.running[work.do(executor)] = (work, time.monotonic())

    def promised(self) -> float:
        """Memoria que lo recién empezado todavía no ocupa y va a ocupar."""
        young = (
            work for work, start in self.running.values() if time.monotonic() - start < work.task.seconds / 2
        )
        return sum(work.task.memory for work in young) / 2

    def collect(self, future: Future[Any]) -> None:
        """Guarda lo que salió de una tarea."""
        work, start = self.running.pop(future)
        failure = work.keep(future)
        if failure:
            self.failed[work.task.name] = failure
        seconds = time.monotonic() - start
        self.progress.finished(work.task.name, seconds, failure.reason if failure else None, self.left())

    def left(self) -> float:
        """Segundos que faltan, según lo que costó cada tarea la última vez."""
        now, known = time.monotonic(), [work.task for work in self.waiting.values()]
        for work, start in self.running.values():
            rest = max(1.0, work.task.seconds - (now - start))
            known.append(Task(work.task.name, rest, 0, frozenset()))
        names = {task.name for task in known}
        return span([Task(t.name, t.seconds, 0, t.needs & names) for t in known], self.workers)


def page_work(
    course: Course,
    page: Page,
    environment: Mapping[str, str] = MappingProxyType({}),
    store: NotebookStore | None = None,
    key: str = "",
    label: str = "",
) -> Work:
    """La ejecución de una página; se guarda con su huella en los cuadernos del curso, o donde se diga."""
    job, (seconds, memory) = course.job(page, environment), expected(course, page.name)
    place, name = store or course.store, label or page.name

    def keep(future: Future[Outcome]) -> Failure | None:
        try:
            outcome = future.result()
        except Exception as error:
            return Failure(name, f"no se pudo ejecutar ({type(error).__name__}: {error}).")
        place.keep(page.name, key or page.digest, outcome)
        return Failure(name, outcome.failed, outcome.detail) if outcome.failed else None

    needs = frozenset(wanted for wanted in page.notebook.resources if not wanted.startswith("file:"))
    return Work(Task(name, seconds, memory, needs), lambda pool: pool.submit(run_page, job), keep)


def expected(course: Course, page: str) -> tuple[float, int]:
    """Segundos y bytes que se esperan de una página: los de su última vez aquí o, si no, los anotados."""
    for path in course.store.notebooks(page)[:1]:
        if facts := course.store.facts(path):
            return float(facts["seconds"]), int(facts["memory"])
    return course.costs.get(page, (UNKNOWN, TYPICAL))


def resource_works(course: Course, stale: Iterable[Page]) -> list[Work]:
    """La construcción de los modelos y artefactos que faltan y que alguna página va a usar."""
    named = {name for page in stale for name in page.notebook.resources if not name.startswith("file:")}
    orders = {name: order for name in sorted(named) if (order := course.build_resource(name))}
    return [resource_work(name, order) for name, order in orders.items()]


def resource_work(name: str, order: list[str]) -> Work:
    """La construcción de un modelo o de un artefacto, en un proceso suyo."""

    def keep(future: Future[subprocess.CompletedProcess[str]]) -> Failure | None:
        done = future.result()
        if done.returncode == 0:
            return None
        why = done.stderr.strip().splitlines()[-1:] or ["su proceso murió: puede que faltase memoria."]
        return Failure(name, why[0], done.stderr)

    def do(pool: Executor) -> Future[Any]:
        return pool.submit(
            subprocess.run, order, capture_output=True, text=True, encoding="utf8", check=False
        )

    return Work(Task(name, 45.0, 2_500_000_000), do, keep)


def write_plan(course: Course, pages: Mapping[str, Page], surroundings: str) -> None:
    """Escribe, para Sphinx, el cuaderno que muestra cada página.

    Es el de su huella o, si no se ha ejecutado así, el último que haya.
    """
    entries = {}
    for page in pages.values():
        exact, kept = course.store.path(page.name, page.digest), course.store.notebooks(page.name)
        shown = exact if exact.is_file() else next(iter(kept), None)
        facts = {} if shown is None else course.store.facts(shown) or {}
        failed = page.problem or facts.get("failed")
        entries[page.name] = {
            "notebook": None if shown is None else shown.relative_to(course.work).as_posix(),
            "failed": failed,
            "text": text_key(page.text),
            "digest": page.digest,
        }
    plan = {"surroundings": surroundings, "pages": entries}
    if plan != read_plan(course):
        course.work.mkdir(parents=True, exist_ok=True)
        write_atomically(course.work / "plan.json", json.dumps(plan, indent=1))


def unmet_claims(course: Course, only: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Las afirmaciones que no se cumplieron en las páginas que se muestran."""
    pages = read_plan(course).get("pages", {})
    asked = set(only) or set(pages)
    shown = [(page, course.work / entry["notebook"]) for page, entry in pages.items() if entry["notebook"]]
    found = ((page, unmet(json.loads(path.read_text("utf8")))) for page, path in shown if page in asked)
    return [(page, sentence) for page, sentences in found for sentence in sentences]
