"""Las páginas de la API, que escribe `sphinx-apidoc`, una por carpeta del paquete, y las de su código."""

from importlib.util import find_spec
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.ext.apidoc import main

import siguiente


def write(app: Sphinx) -> None:
    """Escribe las páginas que cambiaron; borra las de las carpetas que ya no están."""
    options = ["--force", "-q", "--remove-old", "--no-toc", "--suffix", "rst"]
    templates = ["--templatedir", str(Path(app.confdir, "_templates", "apidoc"))]
    target = str(Path(app.srcdir, "reference", "api", "siguiente"))
    main([*options, *templates, "--output-dir", target, str(Path(siguiente.__file__).parent)])


def skip_module_pages(app: Sphinx, env: BuildEnvironment) -> None:
    """Sin código nuevo no se rehacen las páginas del código, para las que habría que importar torch."""
    modules = getattr(env, "_viewcode_modules", [])
    if app.config.execution_only or all(is_shown(app, name) for name in modules):
        for listener in list(app.events.listeners["html-collect-pages"]):
            if listener.handler.__module__ == "sphinx.ext.viewcode":
                app.disconnect(listener.id)


def is_shown(app: Sphinx, module: str) -> bool:
    """Dice si la página del código de un módulo es posterior a él."""
    spec, page = find_spec(module), Path(app.outdir, "_modules", *module.split(".")).with_suffix(".html")
    code = Path(spec.origin) if spec and spec.origin else None
    return bool(code and page.is_file() and code.stat().st_mtime <= page.stat().st_mtime)


def setup(app: Sphinx) -> dict[str, bool]:
    """Antes de leer las páginas, y antes de escribirlas."""
    app.connect("builder-inited", write)
    app.connect("env-updated", skip_module_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
