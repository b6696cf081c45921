"""Extensión de Sphinx: cada página se compone con el cuaderno que `runner` ejecutó antes.

`plan.json` dice cuál. Sphinx no ejecuta nada: sin plan, las páginas salen sin resultados. Al tomar los de un
cuaderno se anotan sus afirmaciones y lo que costó, y se avisa de lo que escribió en stderr, que es un error,
también en las celdas ocultas.
"""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import myst_nb.sphinx_
import nbformat
from myst_nb.core.execute.base import NotebookClientBase
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from claims.claim_text import CLAIM

LOGGER = logging.getLogger(__name__)
RUN = "run"  # dónde se anota, entre los metadatos de una página, lo que salió de ella
PARTS = [
    "results.downloads",
    "claims.claims_page",
    "claims.unmet",
    "results.origins",
    "results.run_status",
    "results.warned",
]
NOT_WRITING = {"building", "linting"}  # sus cambios no cambian ninguna página


@dataclass(frozen=True)
class PageRun:
    """Una página ejecutada: sus afirmaciones y lo que costó."""

    notebook: str
    """La huella de su cuaderno y cuándo se guardó: se puede ejecutar dos veces con la misma huella."""
    claims: tuple[dict[str, Any], ...]
    day: str
    seconds: float
    cpu: float
    memory: int
    """En bytes."""
    processor: str
    failed: str | None = None
    """Qué la detuvo, si no acabó."""
    line: int | None = None
    """La línea de la celda en que se detuvo."""


def page_runs(env: BuildEnvironment) -> dict[str, PageRun]:
    """Páginas ejecutadas, por nombre."""
    return {name: facts[RUN] for name, facts in env.metadata.items() if RUN in facts}


def work_folder(app: Sphinx) -> Path:
    """Carpeta de la ejecución, junto al sitio y fuera de él."""
    return Path(app.outdir).parent / "execution"


def prepare(app: Sphinx) -> None:
    """Lee el plan y hace que MyST-NB tome los resultados de él."""
    path = work_folder(app) / "plan.json"
    planned = path.is_file() and not app.config.execution_off
    app.env.execution_plan = json.loads(path.read_text("utf8"))["pages"] if planned else {}  # type: ignore[attr-defined]

    def create_client(notebook: Any, source: str, config: Any, logger: Any, read_fmt: Any = None) -> Any:
        if executed := notebook_of(app, app.env.docname):
            app.env.metadata[app.env.docname][RUN] = take_outputs(notebook, executed, app.env.docname)
        return NotebookClientBase(notebook, Path(source), config, logger)

    myst_nb.sphinx_.create_client = create_client


def notebook_of(app: Sphinx, docname: str) -> Path | None:
    """El cuaderno ejecutado de una página, si lo hay."""
    shown = app.env.execution_plan.get(docname, {}).get("notebook")  # type: ignore[attr-defined]
    return work_folder(app) / shown if shown else None


def take_outputs(notebook: nbformat.NotebookNode, path: Path, docname: str) -> PageRun:
    """Da a un cuaderno los resultados que se guardaron y devuelve lo que salió de él."""
    executed = nbformat.reads(path.read_text("utf8"), 4)
    copy_outputs(notebook, executed)
    facts = executed.metadata["nbdeps"]
    for index, fault in faults(notebook, facts["failed"] is None):
        LOGGER.warning("%s", fault, location=(docname, line_of(notebook, index)))
    run = page_run(stamp(path), notebook, facts)
    for cell in codes(notebook):  # lo anotado para las extensiones no se ve
        cell.outputs = [output for output in cell.outputs if CLAIM not in output.get("data", {})]
    return run


def copy_outputs(notebook: nbformat.NotebookNode, executed: nbformat.NotebookNode) -> None:
    """Copia los resultados celda a celda; la prosa puede haber cambiado desde que se ejecutó."""
    for cell, done in zip(codes(notebook), codes(executed), strict=False):
        if cell.source != done.source:
            break  # el cuaderno es de una versión anterior: desde aquí no corresponde
        cell.outputs, cell.execution_count = done.outputs, done.execution_count


def codes(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Las celdas de código de un cuaderno."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook: nbformat.NotebookNode) -> Iterator[tuple[int, Any]]:
    """Recorre los resultados de un cuaderno, con el número de su celda entre todas."""
    return (
        (index, output) for index, cell in enumerate(notebook.cells) for output in cell.get("outputs", [])
    )


def line_of(notebook: nbformat.NotebookNode, index: int) -> int:
    """Línea de la página en que empieza una celda."""
    return int(notebook.metadata["source_map"][index])


def faults(notebook: nbformat.NotebookNode, whole: bool) -> Iterator[tuple[int, str]]:
    """Lo que hace fallar la construcción, con el número de su celda, aunque esté oculta.

    Es escribir en stderr y, si el cuaderno acabó, declarar una figura y no dibujarla.
    """
    for index, output in outputs(notebook):
        if output.output_type == "stream" and output.name == "stderr":
            yield index, f"La celda escribió en stderr:\n{output.text.strip()}"
    for index, cell in enumerate(notebook.cells if whole else ()):
        kinds = [kind for output in cell.get("outputs", []) for kind in output.get("data", {})]
        drawn = any(kind.startswith("image/") for kind in kinds)
        if cell.metadata.get("mystnb", {}).get("figure") and not drawn:
            yield index, "La celda declara una figura y no la dibuja."


def page_run(saved: str, notebook: nbformat.NotebookNode, facts: dict[str, Any]) -> PageRun:
    """Reúne las afirmaciones y el costo de una página."""
    claims = tuple(
        dict(output.data[CLAIM]) | {"cell": index, "line": line_of(notebook, index)}
        for index, output in outputs(notebook)
        if CLAIM in output.get("data", {})
    )
    stops = [index for index, output in outputs(notebook) if output.output_type == "error"]
    line = line_of(notebook, stops[-1]) if facts["failed"] and stops else None
    costs = {name: facts[name] for name in ("day", "seconds", "cpu", "memory", "processor", "failed")}
    return PageRun(saved, claims, line=line, **costs)


def stamp(notebook: Path) -> str:
    """Distingue un cuaderno guardado de otro."""
    return f"{notebook.stem} {notebook.stat().st_mtime_ns}"


def outdated(app: Sphinx, env: BuildEnvironment, *_: set[str]) -> set[str]:
    """Páginas que se compusieron con otro cuaderno, o sin él."""
    wanted = {name: stamp(path) for name in env.found_docs if (path := notebook_of(app, name))}
    before = {name: run.notebook for name, run in page_runs(env).items()}
    return {name for name in wanted | before if wanted.get(name) != before.get(name)}


def code_version() -> int:
    """Cambia con el código que escribe las páginas: entonces se leen todas otra vez, sin ejecutarlas."""
    extensions = Path(__file__).parents[1]
    found = [file for file in sorted(extensions.rglob("*.py")) if not NOT_WRITING & set(file.parts)]
    return zlib.crc32(b"".join(file.read_bytes() for file in found))


def setup(app: Sphinx) -> dict[str, Any]:
    """Instala la extensión y sus partes."""
    app.setup_extension("myst_nb")
    app.add_config_value("execution_only", "", "", str)
    app.add_config_value("execution_off", False, "env", bool)
    app.connect("builder-inited", prepare, priority=600)
    app.connect("env-get-outdated", outdated)
    for part in PARTS:
        app.setup_extension(part)
    return {"env_version": code_version(), "parallel_read_safe": True, "parallel_write_safe": True}
