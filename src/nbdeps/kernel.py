"""Ejecuta una página en un kernel propio y devuelve su cuaderno con resultados y lo que costó.

El trabajo se describe con datos sueltos, para que lo pueda hacer otro proceso u otro equipo.
"""

import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import psutil
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from nbdeps.machine import processor

SOCKET_PATH = 100  # bytes que puede medir la ruta de un socket: el sistema que menos admite, 103
EVERY = 0.2  # segundos entre dos medidas de la memoria
# Lo que otros programas ponen para los suyos y cambiaría de kernel o de arranque al nuestro.
FOREIGN = (
    "JUPYTER_PATH",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_CONFIG_PATH",
    "JUPYTER_RUNTIME_DIR",
    "PYTHONSTARTUP",
)


@dataclass(frozen=True)
class Job:
    """Lo que hace falta saber para ejecutar una página."""

    page: str
    """Nombre de la página, como `parte/pagina`."""
    notebook: str
    """El cuaderno sin resultados, en JSON."""
    closure: dict[str, Any]
    """Lo que el kernel puede usar."""
    profile: str
    """Carpeta con el arranque de los kernels."""
    environment: dict[str, str] = field(default_factory=dict)
    """Variables de entorno que recibe el kernel."""
    timeout: float = 1200
    """Segundos que puede tardar una celda."""


@dataclass(frozen=True)
class Outcome:
    """Lo que salió de una página."""

    notebook: str
    """El cuaderno con sus resultados, en JSON; si algo falló, hasta allí."""
    day: str
    """Día en que se ejecutó."""
    seconds: float
    """Lo que tardó por el reloj."""
    cpu: float
    """Segundos de procesador."""
    memory: int
    """La mayor memoria que ocupó, en bytes."""
    processor: str
    """El procesador del equipo que la ejecutó."""
    failed: str | None
    """Qué la detuvo, en una frase; `None` si acabó."""
    detail: str = ""
    """La traza completa de lo que la detuvo."""


class Meter(threading.Thread):
    """Mide el procesador y la memoria de un proceso mientras vive."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.process, self.ended = psutil.Process(pid), threading.Event()
        self.cpu, self.memory = 0.0, 0

    def run(self) -> None:
        """Anota lo que va costando, hasta que el proceso acaba."""
        with suppress(psutil.Error):
            while True:
                times = self.process.cpu_times()
                self.cpu = times.user + times.system
                self.memory = max(self.memory, self.process.memory_info().rss)
                if self.ended.wait(EVERY):
                    return


def run_page(job: Job) -> Outcome:
    """Ejecuta las celdas en orden; la primera que falla sin haberlo anunciado detiene la página."""
    start, failed, detail = time.monotonic(), None, ""
    with kernel(job) as (client, folder):
        try:
            client.execute(env=environment(job, folder))
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            failed = reason(error, job.timeout)
            mark_failure(client.nb, failed)
            trace = folder / "failure.txt"
            detail = trace.read_text("utf8") if trace.is_file() else str(error)
        meter = client.meter
    return Outcome(
        notebook=nbformat.writes(client.nb),
        day=datetime.now(UTC).date().isoformat(),
        seconds=time.monotonic() - start,
        cpu=meter.cpu if meter else 0.0,
        memory=meter.memory if meter else 0,
        processor=processor(),
        failed=failed,
        detail=detail,
    )


class PageClient(NotebookClient):
    """Un cliente con un kernel suyo, en su carpeta, que mide desde que arranca y termina al acabar."""

    meter: Meter | None = None
    folder: Path

    def create_kernel_manager(self) -> AsyncKernelManager:
        """Da el kernel: como es suyo, nbclient lo termina."""
        self.km = manager(self.folder)
        return self.km

    async def async_start_new_kernel_client(self) -> Any:
        """Empieza a medir en cuanto hay un proceso que medir."""
        client = await super().async_start_new_kernel_client()
        provisioner = self.km.provisioner if self.km else None
        if pid := getattr(provisioner, "pid", None):
            self.meter = Meter(pid)
            self.meter.start()
        return client


@contextmanager
def kernel(job: Job) -> Iterator[tuple[PageClient, Path]]:
    """Prepara un kernel de este mismo Python en una carpeta suya, que se borra al acabar."""
    folder, client = Path(tempfile.mkdtemp(prefix="nbdeps-")), None
    try:
        shutil.copytree(job.profile, folder / "profile", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "work").mkdir()
        allowed = job.closure | {
            "failure": str(folder / "failure.txt"),
            "ignored": [*job.closure["ignored"], str(folder.resolve()), job.profile],
        }
        (folder / "closure.json").write_text(json.dumps(allowed, ensure_ascii=False), "utf8")
        client = PageClient(
            nbformat.reads(job.notebook, 4),
            timeout=job.timeout,
            shutdown_kernel="immediate",
            startup_timeout=120,
            record_timing=False,
            resources={"metadata": {"path": str(folder / "work")}},
        )
        client.folder = folder
        yield client, folder
    finally:
        if client is not None and client.meter:
            client.meter.ended.set()
        shutil.rmtree(folder, ignore_errors=True)


def environment(job: Job, folder: Path) -> dict[str, str]:
    """El entorno del kernel: el de este proceso, sin lo ajeno y con lo que pide la página."""
    inherited = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    own = {
        "IPYTHONDIR": str(folder / "profile"),
        "MATPLOTLIBRC": str(folder / "profile" / "matplotlibrc"),
        "NBDEPS_CLOSURE": str(folder / "closure.json"),
    }
    return inherited | job.environment | own


def manager(folder: Path) -> AsyncKernelManager:
    """Un kernel de este mismo Python, sin buscar los instalados; sin puertos donde el sistema lo permite."""
    made = AsyncKernelManager(connection_file=str(folder / "kernel.json"), transport=transport(folder))
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    made._kernel_spec = KernelSpec(argv=argv, display_name="Python 3", language="python")
    return made


def transport(folder: Path) -> str:
    """Cómo se habla con un kernel: por archivos de su carpeta, salvo donde no los hay o su ruta no cabe.

    >>> transport(Path("/" + "larga" * 20))
    'tcp'
    """
    files = os.name != "nt" and len(os.fsencode(folder / "kernel-ipc-1")) <= SOCKET_PATH
    return "ipc" if files else "tcp"


def reason(error: CellExecutionError | CellTimeoutError | DeadKernelError, timeout: float) -> str:
    """Dice en una frase qué detuvo una página."""
    if isinstance(error, DeadKernelError):
        return (
            "su proceso murió: puede que faltase memoria. "
            "Cierre otros programas o pida menos páginas a la vez (--jobs 1)."
        )
    if isinstance(error, CellTimeoutError):
        return f"una celda no acabó en {timeout:g} segundos."
    return f"{error.ename}: {error.evalue}"


def mark_failure(notebook: nbformat.NotebookNode, failed: str) -> None:
    """Deja el error como resultado de la celda que no acabó, si el kernel no pudo decirlo."""
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if any(output.output_type == "error" for cell in codes for output in cell.outputs):
        return
    started = [cell for cell in codes if cell.get("execution_count") or cell.outputs]
    place = codes[min(len(started), len(codes) - 1)]
    place.outputs.append(
        nbformat.v4.new_output("error", ename="Error", evalue=failed, traceback=[f"Error: {failed}"])
    )
