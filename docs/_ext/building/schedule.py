"""Reparte tareas entre los núcleos y la memoria que hay: la más larga que quepa, primero."""

import heapq
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil

UNKNOWN = 60.0  # segundos que se le suponen a lo que nunca se midió
TYPICAL = 1_000_000_000  # bytes que se le suponen
SPARE = 500_000_000  # bytes que se dejan a los demás programas


@dataclass(frozen=True)
class Task:
    """Algo que hay que hacer, lo que se espera que cueste y lo que ha de estar hecho antes."""

    name: str
    seconds: float = UNKNOWN
    memory: int = TYPICAL
    needs: frozenset[str] = frozenset()


Able = TypeVar("Able", bound=Task)


def next_task(waiting: Iterable[Able], missing: Collection[str], free: float) -> Able | None:
    """Elige la tarea más larga de las que ya se pueden hacer y caben en la memoria libre, en bytes.

    >>> tasks = [Task("corta", 1), Task("larga", 9, needs=frozenset({"modelo"})), Task("media", 5)]
    >>> next_task(tasks, {"modelo"}, 2e9).name, next_task(tasks, (), 2e9).name
    ('media', 'larga')
    >>> next_task(tasks, (), 1e6) is None
    True
    """
    able = [task for task in waiting if task.memory <= free and not task.needs & set(missing)]
    return max(able, key=lambda task: (task.seconds, task.name), default=None)


def span(tasks: Sequence[Task], workers: int) -> float:
    """Segundos que tardarían unas tareas repartidas así entre unos trabajadores, con memoria de sobra.

    >>> span([Task("a", 4), Task("b", 3), Task("c", 3)], 2)
    6.0
    >>> span([Task("a", 4, needs=frozenset({"b"})), Task("b", 3)], 2)
    7.0
    """
    waiting, now = list(tasks), 0.0
    running: list[tuple[float, str]] = []
    missing = {task.name for task in tasks}
    while waiting or running:
        while len(running) < workers and (task := next_task(waiting, missing, float("inf"))):
            waiting.remove(task)
            heapq.heappush(running, (now + task.seconds, task.name))
        if not running:
            raise ValueError("Hay tareas que se esperan unas a otras.")
        now, done = heapq.heappop(running)
        missing.discard(done)
    return now


def free_memory() -> float:
    """Memoria que se puede ocupar, en bytes: la del sistema o, si es menor, la del contenedor."""
    return max(0, min(psutil.virtual_memory().available, container_memory()) - SPARE)


def container_memory(root: Path = Path("/sys/fs/cgroup")) -> float:
    """Lo que queda de la memoria concedida a un contenedor de Linux; sin límite, infinito."""
    try:
        limit = (root / "memory.max").read_text("ascii").strip()
        stat = dict(line.split() for line in (root / "memory.stat").read_text("ascii").splitlines())
        # Los archivos leídos hace tiempo se sueltan en cuanto hace falta: cuentan como libres.
        used = int((root / "memory.current").read_text("ascii")) - int(stat["inactive_file"])
        return float("inf") if limit == "max" else int(limit) - used
    except (OSError, ValueError, KeyError):
        return float("inf")
