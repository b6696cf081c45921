"""Fórmulas sin red: MathJax 3 en un solo archivo, que viene en un paquete de Python.

`tex-svg-full.js` lleva dentro todas las extensiones de TeX y dibuja en SVG, de modo que no pide
letras ni módulos a nadie, y funciona también al abrir las páginas con `file://`.
"""

import hashlib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

PACKAGE = "sphinx-mathjax-offline"
SCRIPT = "tex-svg-full.js"
FOLDER = "sphinx-mathjax-offline/static/mathjax"
# El archivo publicado por MathJax en su versión 3.2.2.
SHA256 = "a4354ff94fd868aea0cc6eaaa79a57fda0588646fc46ee3700a349ee0a11cbe6"


def find_script() -> Path:
    """Encuentra MathJax en el paquete instalado, sin importarlo, y comprueba que es el publicado."""
    path = Path(str(distribution(PACKAGE).locate_file(f"{FOLDER}/{SCRIPT}")))
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise ExtensionError(f"{PACKAGE} no trae el {SCRIPT} de MathJax 3.2.2: reinstale el paquete.")
    return path


def copy_script(app: Sphinx) -> None:
    """Copia MathJax al sitio antes de que se escriban las páginas."""
    if app.builder.format == "html":
        target = Path(app.outdir) / "_static" / "mathjax" / SCRIPT
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(find_script().read_bytes())


def setup(app: Sphinx) -> dict[str, Any]:
    """Registra la copia."""
    app.connect("builder-inited", copy_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
