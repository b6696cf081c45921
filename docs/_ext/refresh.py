"""Extensión de Sphinx: una página que muestra resultados de otras se escribe de nuevo si ellos cambian.

Sphinx escribe solo lo que ha leído; un número pegado desde otra página se quedaría viejo. Aquí se
guarda, al acabar bien, la huella de lo que cada una de esas páginas muestra.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from claims_page import claims_list
from docutils import nodes
from executed import page_runs
from myst_nb.ext.glue.utils import PendingGlueReference
from run_status import status_table
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def sources(env: BuildEnvironment) -> dict[str, set[str]]:
    """De dónde toma cada página lo que muestra: otras páginas, o «*» si son todas."""
    if not hasattr(env, "shown_sources"):
        env.shown_sources = {}  # type: ignore[attr-defined]
    return env.shown_sources  # type: ignore[attr-defined]


def note_sources(app: Sphinx, doctree: nodes.document) -> None:
    """Anota de dónde toma resultados la página recién leída."""
    found = {node.refdoc for node in doctree.findall(PendingGlueReference)}
    for kind in (claims_list, status_table):
        if next(doctree.findall(kind), None) is not None:
            found.add("*")
    if found:
        sources(app.env)[app.env.docname] = found


def shown(env: BuildEnvironment, names: set[str]) -> str:
    """Huella de los resultados que una página toma de otras."""
    folder = Path(env.mystnb_config.output_folder)  # type: ignore[attr-defined]
    glued = [folder / f"{name}.glue.json" for name in sorted(names - {"*"})]
    parts = [path.read_bytes() for path in glued if path.is_file()]
    if "*" in names:
        titles = [env.titles[page].astext() for page in sorted(page_runs(env))]
        parts.append(repr((sorted(page_runs(env).items()), titles)).encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def all_shown(env: BuildEnvironment) -> dict[str, str]:
    """Huella de lo que muestra cada página que toma resultados de otras."""
    return {docname: shown(env, names) for docname, names in sorted(sources(env).items())}


def record_path(app: Sphinx) -> Path:
    """Archivo con las huellas de lo que el sitio ya muestra."""
    return Path(app.doctreedir) / f"shown-{app.builder.name}.json"


def stale_pages(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Páginas que muestran algo distinto de lo que ahora vale."""
    path = record_path(app)
    before = json.loads(path.read_text("utf8")) if path.is_file() else {}
    return [docname for docname, value in all_shown(env).items() if before.get(docname) != value]


def keep_record(app: Sphinx, exception: Exception | None) -> None:
    """Al acabar bien, guarda lo que el sitio muestra."""
    if exception is None:
        record_path(app).write_text(json.dumps(all_shown(app.env), indent=1), "utf8")


def purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Olvida una página que se va a leer de nuevo o que ya no existe."""
    sources(env).pop(docname, None)


def merge(app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment) -> None:
    """Recoge lo que leyó otro proceso."""
    sources(env).update({name: found for name, found in sources(other).items() if name in docnames})


def setup(app: Sphinx) -> dict[str, Any]:
    """Instala la extensión."""
    app.connect("doctree-read", note_sources)
    app.connect("env-updated", stale_pages)
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    app.connect("build-finished", keep_record)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
