"""Las páginas de la API: las escribe `sphinx-apidoc` a partir del código, una por carpeta del paquete."""

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.ext.apidoc import main

import siguiente


def write(app: Sphinx) -> None:
    """Escribe las páginas que cambiaron; borra las de las carpetas que ya no están."""
    options = ["--force", "-q", "--remove-old", "--no-toc", "--suffix", "rst"]
    templates = ["--templatedir", str(Path(app.confdir, "_templates", "apidoc"))]
    target = str(Path(app.srcdir, "reference", "api", "siguiente"))
    main([*options, *templates, "--output-dir", target, str(Path(siguiente.__file__).parent)])


def setup(app: Sphinx) -> dict[str, bool]:
    """Antes de leer las páginas."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
