"""Hace unas tareas, tantas a la vez como se puede: las reparte, las espera y cuenta cómo va."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from joblib import cpu_count

import nbdeps
from building.memory import free_memory
from building.progress import Progress

TICK = 1.0  # segundos entre dos miradas a lo que está en marcha


@dataclass(frozen=True)
class Failure:
    """Algo que se detuvo."""

    name: str
    reason: str
    detail: str = ""


@dataclass(frozen=True)
class Work:
    """Algo que hay que hacer: lo que se espera que cueste, lo que ha de estar hecho antes y cómo se hace."""

    name: str
    seconds: float
    memory: int
    """En bytes."""
    needs: frozenset[str] = frozenset()
    call: Callable[[], Any] = field(kw_only=True)
    keep: Callable[[Any], Failure | None] = field(kw_only=True)
    """Guarda lo que salió y, si falló, dice por qué."""
    here: bool = False
    """Si ha de hacerse en este equipo aunque haya otros."""


def next_work(waiting: Iterable[Work], missing: Collection[str], free: float) -> Work | None:
    """Elige la tarea más larga de las que ya se pueden hacer y caben en la memoria libre, en bytes.

    >>> from functools import partial
    >>> task = partial(Work, memory=10**9, call=print, keep=print)
    >>> works = [task("corta", 1), task("larga", 9, needs=frozenset({"modelo"})), task("media", 5)]
    >>> next_work(works, {"modelo"}, 2e9).name, next_work(works, (), 2e9).name
    ('media', 'larga')
    >>> next_work(works, (), 1e6) is None
    True
    """
    able = [work for work in waiting if work.memory <= free and not work.needs & set(missing)]
    return max(able, key=lambda work: (work.seconds, work.name), default=None)


def perform(works: list[Work], asked: int | None = None, scheduler: str = "") -> list[Failure]:
    """Hace todas las tareas y devuelve las que fallaron."""
    if not works:
        return []
    with executors(asked, scheduler) as (here, anywhere, workers):
        return Performance(works, here, anywhere, workers).finish()


@contextmanager
def executors(asked: int | None, scheduler: str) -> Iterator[tuple[Executor, Executor, int]]:
    """Quién hace las tareas: hilos que esperan a procesos de este equipo o, si se da, un grupo de Dask."""
    workers = asked or cpu_count()
    here = ThreadPoolExecutor(workers)
    try:
        if not scheduler:
            yield here, here, workers
            return
        import cloudpickle
        from distributed import Client

        cloudpickle.register_pickle_by_value(nbdeps)  # los demás equipos no tienen este paquete
        with Client(scheduler, set_as_default=False) as client:
            threads = sum(client.nthreads().values())
            yield here, client.get_executor(pure=False), asked or max(threads, 1)
    finally:
        here.shutdown(wait=False, cancel_futures=True)


class Performance:
    """El bucle que reparte, espera y cuenta."""

    def __init__(self, works: list[Work], here: Executor, anywhere: Executor, workers: int) -> None:
        self.waiting = {work.name: work for work in works}
        self.here, self.anywhere, self.workers = here, anywhere, workers
        self.running: dict[Future[Any], tuple[Work, float]] = {}
        self.failures: list[Failure] = []
        self.progress = Progress(len(works))

    def finish(self) -> list[Failure]:
        """Hace todo y devuelve lo que falló."""
        while self.waiting or self.running:
            self.start_what_fits()
            done, _ = wait(self.running, timeout=TICK, return_when=FIRST_COMPLETED)
            for future in done:
                self.collect(future)
            self.progress.show([(work.name, start) for work, start in self.running.values()], self.left())
        self.progress.running.close()
        return self.failures

    def start_what_fits(self) -> None:
        """Empieza tareas mientras haya quien las haga y memoria donde hacerlas."""
        while len(self.running) < self.workers:
            # Sin nada en marcha se empieza algo aunque parezca que no cabe: si no, no acabaría nunca.
            free = free_memory() - self.promised() if self.running else float("inf")
            missing = {*self.waiting, *(work.name for work, _ in self.running.values())}
            work = next_work(self.waiting.values(), missing, free)
            if work is None:
                return
            del self.waiting[work.name]
            self.progress.started(work.name)
            executor = self.here if work.here else self.anywhere
            self.running[executor.submit(work.call)] = (work, time.monotonic())

    def promised(self) -> float:
        """Memoria que lo recién empezado todavía no ocupa y va a ocupar."""
        now = time.monotonic()
        young = (work for work, start in self.running.values() if now - start < work.seconds / 2)
        return sum(work.memory for work in young) / 2

    def collect(self, future: Future[Any]) -> None:
        """Guarda lo que salió de una tarea."""
        work, start = self.running.pop(future)
        if error := future.exception():
            why = f"no se pudo ejecutar ({type(error).__name__}: {error})."
            failure: Failure | None = Failure(work.name, why)
        else:
            failure = work.keep(future.result())
        if failure:
            self.failures.append(failure)
        seconds = time.monotonic() - start
        self.progress.finished(work.name, seconds, failure.reason if failure else None, self.left())

    def left(self) -> float:
        """Segundos que faltan, como poco, según lo que costó cada tarea la última vez."""
        now = time.monotonic()
        seconds = [work.seconds for work in self.waiting.values()]
        seconds += [max(1.0, work.seconds - (now - start)) for work, start in self.running.values()]
        return max(sum(seconds) / self.workers, *seconds, 0.0)
