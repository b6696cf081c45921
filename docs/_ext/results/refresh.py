"""Extensión de Sphinx: una página que muestra resultados de otras se escribe de nuevo si ellos cambian.

Sphinx escribe solo lo que ha leído; un número pegado desde otra página se quedaría viejo. Aquí se
guarda, al acabar bien, la huella de lo que cada una de esas páginas muestra.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from docutils import nodes
from myst_nb.ext.glue.utils import PendingGlueReference
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from claims.claims_page import claims_list
from results.executed import page_runs
from results.per_page import PerPage, kept
from results.run_status import status_table


class Sources(PerPage):
    """De dónde toma cada página lo que muestra: otras páginas, o «*» si son todas."""

    name = "shown_sources"

    def value(self, app: Sphinx, doctree: nodes.document) -> set[str] | None:
        """De dónde toma resultados la página recién leída."""
        found = {node.refdoc for node in doctree.findall(PendingGlueReference)}
        if any(next(doctree.findall(kind), None) is not None for kind in (claims_list, status_table)):
            found.add("*")
        return found or None


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
    return {docname: shown(env, names) for docname, names in sorted(kept(env, Sources.name).items())}


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


def setup(app: Sphinx) -> dict[str, Any]:
    """Instala la extensión."""
    app.add_env_collector(Sources)
    app.connect("env-updated", stale_pages)
    app.connect("build-finished", keep_record)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
