"""Trabajos en procesos aparte: cada uno empieza tras los que necesita, y si lo matan se dice cuál."""

import os
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple


class Job(NamedTuple):
    """Un trabajo: una función que se pueda importar, sus argumentos y los trabajos que van antes."""

    work: Callable[..., None]
    """Lo que hace."""
    arguments: tuple[Any, ...]
    """Con qué."""
    needs: frozenset[str] = frozenset()
    """Los que necesita; los que no estén en la lista se dan por hechos."""


class JobError(Exception):
    """Un trabajo que no terminó bien: cuál y por qué."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name, self.reason = name, reason


def run_jobs(jobs: Mapping[str, Job], workers: int, done: Callable[[str], object]) -> None:
    """Hace unos trabajos, varios a la vez, en el orden en que se dan y respetando lo que cada uno necesita.

    Cada uno va en su proceso; `done` recibe su nombre cuando acaba, antes de que empiecen los que lo
    necesitan. Si uno falla o el sistema lo mata, los demás se detienen.
    """
    waiting, running = dict(jobs), dict[str, tuple[Any, Connection]]()
    try:
        while waiting or running:
            unfinished = waiting.keys() | running.keys()
            ready = [name for name, job in waiting.items() if not job.needs & unfinished]
            for name in ready[: workers - len(running)]:
                running[name] = start(waiting.pop(name))
            wait([process.sentinel for process, _ in running.values()])
            for name in [name for name, (process, _) in running.items() if process.exitcode is not None]:
                finish(name, *running.pop(name))
                done(name)
    finally:
        for process, _ in running.values():
            process.terminate()
            process.join()


def start(job: Job) -> tuple[Any, Connection]:
    """Empieza un trabajo; por la conexión dirá por qué falla."""
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=perform, args=(job.work, job.arguments, sender), daemon=True)
    process.start()
    sender.close()
    return process, receiver


def finish(name: str, process: Any, receiver: Connection) -> None:
    """Comprueba que un trabajo que terminó lo hizo bien."""
    if process.exitcode == 0:
        return
    try:
        raise JobError(name, receiver.recv())
    except EOFError:
        reason = f"Su proceso terminó de pronto (código {process.exitcode}). Si antes no se dice otra causa, "
        reason += "faltó memoria: cierre otros programas y repita la orden."
        raise JobError(name, reason) from None


def perform(work: Callable[..., None], arguments: tuple[Any, ...], sender: Connection) -> None:
    """Hace un trabajo en su proceso y, si falla, dice por qué."""
    threading.Thread(target=end_with_parent, daemon=True).start()
    try:
        work(*arguments)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if not isinstance(error, OSError | ValueError):  # lo que nadie previó se cuenta entero
            traceback.print_exc()
        sender.send(why(error))
        sys.exit(1)


def end_with_parent() -> None:
    """Termina este proceso cuando termina el que lo empezó, sea como sea."""
    if (parent := parent_process()) is not None:
        wait([parent.sentinel])
        os._exit(1)


def why(error: Exception) -> str:
    """El mensaje de un error, sin el número que el sistema pone delante.

    >>> why(OSError(28, "No queda sitio."))
    'No queda sitio.'
    """
    message = str(getattr(error, "strerror", None) or error)
    return message if isinstance(error, OSError | ValueError) else f"{type(error).__name__}: {message}"
