"""Extensión de Sphinx: cada página se ejecuta de nuevo cuando cambia algo de lo que depende.

La huella de las dependencias se escribe en la línea `kernelspec`, y con ella entra en la clave de la
caché de ejecución. El kernel recibe el cierre de su página y comprueba que no use otra cosa.
"""

import json
import os
import shutil
import zlib
from importlib import import_module
from pathlib import Path
from typing import Any

from digest import (
    KERNEL_ENVIRONMENT,
    Dependencies,
    Notebook,
    Surroundings,
    dependencies,
    digest,
    read_notebook,
    with_digest,
)
from jupyter_cache import get_cache
from jupyter_cache.cache.main import JupyterCacheBase
from pages import KERNELSPEC
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.errors import SphinxError
from sphinx.util import logging

from siguiente.closure import Package

LOGGER = logging.getLogger(__name__)
DISTRIBUTIONS = ["torch", "transformers", "tokenizers", "numpy", "matplotlib", "ipykernel"]
PARTS = ["balance", "executed", "downloads", "claims_page", "run_status", "refresh", "warned"]


def work_folder(app: Sphinx) -> Path:
    """Carpeta de trabajo de la ejecución, junto al sitio y fuera de él."""
    return Path(app.outdir).parent / "execution"


def surroundings(app: Sphinx) -> Surroundings:
    """Traduce la configuración a las carpetas y funciones que pide la huella."""
    config, here = app.config, Path(app.confdir)
    module, function = config.execution_resources.split(":")
    return Surroundings(
        package=Package((here / config.execution_package).resolve()),
        docs=Path(app.srcdir),
        profile=(here / config.execution_profile).resolve(),
        distributions=tuple(config.execution_distributions),
        resource_key=getattr(import_module(module), function),
    )


def prepare_kernels(app: Sphinx) -> None:
    """Deja listos el perfil de los kernels, su entorno y la caché, antes de que Sphinx se divida."""
    work, around = work_folder(app), surroundings(app)
    profile = work / "kernel"
    shutil.rmtree(profile, ignore_errors=True)  # Un archivo borrado no debe seguir actuando.
    shutil.copytree(around.profile, profile, ignore=shutil.ignore_patterns("__pycache__"))
    os.environ.update(KERNEL_ENVIRONMENT)
    os.environ.update({"IPYTHONDIR": str(profile), "MATPLOTLIBRC": str(profile / "matplotlibrc")})
    for folder in ("closures", "runs", "failures", "notebooks"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    # Crear la base de datos o podarla desde varios procesos a la vez falla; aquí todavía hay uno solo.
    get_cache(app.env.mystnb_config.execution_cache_path).truncate_caches()  # type: ignore[attr-defined]
    JupyterCacheBase.truncate_caches = lambda cache: None


def choose_mode(app: Sphinx, config: Config) -> None:
    """Un nombre de página en `execution_only` limita la ejecución a esa página."""
    if config.execution_only:
        config.execution_only = config.execution_only.removesuffix(".md")


def skip_module_pages(app: Sphinx) -> None:
    """Con una sola página pedida no se rehacen las del código, para las que habría que importar torch."""
    if app.config.execution_only:
        for listener in list(app.events.listeners["html-collect-pages"]):
            if listener.handler.__module__ == "sphinx.ext.viewcode":
                app.disconnect(listener.id)


def add_digest(app: Sphinx, docname: str, content: list[str]) -> None:
    """Al leer una página: calcula su huella, la escribe en ella y deja el cierre a su kernel."""
    set_mode(app, docname)
    notebook = read_notebook(content[0]) if is_markdown(app, docname) else None
    if notebook is None:
        return
    if not notebook.exact:
        LOGGER.warning(
            "La página tiene celdas y le falta la línea exacta «%s».", KERNELSPEC, location=docname
        )
    around = surroundings(app)
    try:
        found = dependencies(notebook, around)
        value = digest(found, around)
    except (LookupError, ValueError) as error:
        raise SphinxError(f"{docname}: {error}") from error
    hand_closure(app, docname, notebook, found)
    digests(app.env)[docname] = value
    content[0] = with_digest(content[0], value)


def hand_closure(app: Sphinx, docname: str, notebook: Notebook, found: Dependencies) -> None:
    """Escribe el cierre donde lo leerá el kernel de la página, que hereda este entorno."""
    work, around = work_folder(app), surroundings(app)
    name = docname.replace("/", "-")
    allowed: dict[str, Any] = {
        "page": docname,
        "files": sorted(str(file) for file in found.files),
        "resources": notebook.resources,
        "watched": [str(around.package.root), str(around.docs.resolve())],
        "ignored": [str(work.parent.resolve()), str(around.profile)],
        "report": str(work / "runs" / f"{name}.json"),
        "failure": str(work / "failures" / f"{name}.txt"),
    }
    path = work / "closures" / f"{name}.json"
    path.write_text(json.dumps(allowed, ensure_ascii=False, indent=1), "utf8")
    os.environ["SIGUIENTE_CLOSURE"] = str(path)


def set_mode(app: Sphinx, docname: str) -> None:
    """Ejecuta solo la página pedida, si se pidió una."""
    only = app.config.execution_only
    mode = "off" if only and docname != only else app.config.nb_execution_mode
    app.env.mystnb_config = app.env.mystnb_config.copy(execution_mode=mode)  # type: ignore[attr-defined]


def changed_pages(app: Sphinx, env: BuildEnvironment, *_: set[str]) -> list[str]:
    """Páginas cuya huella ya no es la que tenían cuando se leyeron."""
    return [docname for docname, value in digests(env).items() if current_digest(app, docname) != value]


def current_digest(app: Sphinx, docname: str) -> str | None:
    """Huella de una página según los archivos de ahora."""
    around = surroundings(app)
    try:
        notebook = read_notebook(Path(app.env.doc2path(docname)).read_text("utf8"))
        return digest(dependencies(notebook, around), around) if notebook else None
    except (LookupError, OSError, ValueError):
        return None  # al leerla de nuevo se verá el error, con su lugar


def leave_others(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Con una sola página pedida, las otras que ya se ejecutaron alguna vez no se leen."""
    if only := app.config.execution_only:
        docnames[:] = [name for name in docnames if name == only or name not in digests(env)]


def forget_unexecuted(app: Sphinx, env: BuildEnvironment) -> None:
    """Una página leída sin ejecutar queda pendiente para la próxima construcción."""
    if only := app.config.execution_only:
        for docname in digests(env).keys() - env.page_runs.keys() - {only}:  # type: ignore[attr-defined]
            digests(env)[docname] = "sin ejecutar"


def show_failures(app: Sphinx, exception: Exception | None) -> None:
    """Si la construcción se detuvo, enseña la traza completa de la celda que falló."""
    for path in sorted((work_folder(app) / "failures").glob("*.txt")):
        if exception:
            LOGGER.error("La página «%s» se detuvo:\n%s", path.stem, path.read_text("utf8"))
        path.unlink()


def is_markdown(app: Sphinx, docname: str) -> bool:
    """Dice si una página puede tener celdas."""
    return app.env.doc2path(docname).suffix == ".md"


def digests(env: BuildEnvironment) -> dict[str, str]:
    """Huella con la que se leyó cada página."""
    if not hasattr(env, "page_digests"):
        env.page_digests = {}  # type: ignore[attr-defined]
    return env.page_digests  # type: ignore[attr-defined]


def purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Olvida una página que se va a leer de nuevo o que ya no existe."""
    digests(env).pop(docname, None)


def merge(app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment) -> None:
    """Recoge lo que leyó otro proceso."""
    digests(env).update({name: value for name, value in digests(other).items() if name in docnames})


def setup(app: Sphinx) -> dict[str, Any]:
    """Instala la extensión y sus partes."""
    app.setup_extension("myst_nb")
    app.add_config_value("execution_package", "../src/siguiente", "env", str)
    app.add_config_value("execution_profile", "_kernel", "env", str)
    app.add_config_value("execution_resources", "resources:key", "env", str)
    app.add_config_value("execution_distributions", DISTRIBUTIONS, "env", list)
    app.add_config_value("execution_only", "", "", str)
    app.connect("config-inited", choose_mode)
    app.connect("builder-inited", prepare_kernels, priority=600)
    app.connect("builder-inited", skip_module_pages)
    app.connect("source-read", add_digest)
    app.connect("env-get-outdated", changed_pages)
    app.connect("env-before-read-docs", leave_others)
    app.connect("env-updated", forget_unexecuted)
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    app.connect("build-finished", show_failures)
    for part in PARTS:
        app.setup_extension(part)
    return {"env_version": code_version(app), "parallel_read_safe": True, "parallel_write_safe": True}


def code_version(app: Sphinx) -> int:
    """Cambia con el código que escribe las páginas: entonces se leen todas otra vez, sin ejecutarlas."""
    numbers = surroundings(app).package.root / "plots" / "numbers.py"
    files = [*sorted(Path(__file__).parent.glob("*.py")), *([numbers] if numbers.is_file() else [])]
    return zlib.crc32(b"".join(file.read_bytes() for file in files))
