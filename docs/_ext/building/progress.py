"""Lo que la construcción va diciendo: qué hay hecho, qué está en marcha y cuánto queda."""

import sys
import time
from collections.abc import Iterable
from typing import TextIO

from tqdm import tqdm


class Progress:
    """En una terminal, una línea que se renueva; en un archivo, una línea por suceso."""

    def __init__(self, total: int, stream: TextIO = sys.stdout) -> None:
        self.total, self.stream, self.done = total, stream, 0
        # Con `None` solo se muestra en una terminal.
        self.running = tqdm(file=stream, bar_format="{desc}", leave=False, disable=None)

    def started(self, name: str) -> None:
        """Dice que empieza una tarea."""
        if self.running.disable:
            self.line(f"Empieza {name}.")

    def finished(self, name: str, seconds: float, failed: str | None, left: float) -> None:
        """Dice que acaba una tarea, y cuánto falta para acabar con todas."""
        self.done += 1
        what = f"{name}: {'se detuvo' if failed else 'lista'} en {seconds:.0f} s"
        self.line(f"[{self.done}/{self.total}] {what}{remaining(left)}")
        if failed:
            self.line(f"    {failed}")

    def line(self, text: str) -> None:
        """Escribe una línea que se queda."""
        self.running.write(text, file=self.stream)
        self.stream.flush()

    def show(self, running: Iterable[tuple[str, float]], left: float) -> None:
        """Renueva la línea de lo que está en marcha: nombre y momento en que empezó."""
        now = time.monotonic()
        names = ", ".join(f"{name} ({now - start:.0f} s)" for name, start in running)
        text = f"[{self.done}/{self.total}] {names}{remaining(left)}"
        self.running.set_description_str(text[:110])


def remaining(seconds: float) -> str:
    """Escribe lo que falta, sin fingir precisión.

    >>> remaining(0), remaining(42), remaining(200)
    ('', '; queda menos de un minuto', '; quedan unos 4 minutos')
    """
    if seconds <= 0:
        return ""
    minutes = -(-seconds // 60)
    return "; queda menos de un minuto" if minutes == 1 else f"; quedan unos {minutes:.0f} minutos"
