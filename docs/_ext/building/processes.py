"""Procesos que no quedan huérfanos: lo que esta orden empezó, acaba con ella en cualquier sistema."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

import psutil
from filelock import FileLock, Timeout

GRACE = 3.0  # segundos que se dan a un proceso para que acabe por las buenas
SIGNALS = ("SIGTERM", "SIGHUP", "SIGBREAK")  # cada sistema tiene los suyos


class Ended(SystemExit):
    """Alguien pidió que la orden acabe."""


def end(processes: Sequence[psutil.Process]) -> None:
    """Termina unos procesos; a los que no hacen caso, por la fuerza."""
    for process in processes:
        with suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(processes, timeout=GRACE)
    for process in alive:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=GRACE)


@contextmanager
def ending_together() -> Iterator[None]:
    """Mientras dura, una señal de acabar termina también los procesos hijos."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        raise Ended(128 + number)

    known = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
    before = {number: signal.signal(number, stop) for number in known}
    try:
        yield
    finally:
        for number in known:  # una segunda señal no interrumpe la limpieza
            signal.signal(number, signal.SIG_IGN)
        with suppress(psutil.Error):
            end(psutil.Process().children(recursive=True))
        for number, handler in before.items():
            signal.signal(number, handler)


def call(command: Sequence[str], minutes: float) -> int:
    """Ejecuta una orden con un límite de tiempo; si vence, `ending_together` acaba con ella."""
    return subprocess.Popen(command).wait(60 * minutes)


def only_one(path: Path) -> AbstractContextManager[object]:
    """Toma el turno de una carpeta; si otra orden lo tiene, lo dice y espera."""
    lock = FileLock(path)
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        sys.stderr.write(f"Otra construcción está usando {path.parent}: esta espera a que acabe.\n")
        return lock.acquire()


def leave_with(main: Callable[[], int]) -> NoReturn:
    """Acaba con el código de una orden, también si la interrumpen."""
    try:
        code = main()
    except KeyboardInterrupt:
        code = 130
    except Ended as ended:
        code = int(ended.code or 1)
    sys.stdout.flush()
    os._exit(code)  # los hilos que aún esperan a un proceso terminado no deben retener la salida
