"""El sitio se lee sin red: la construcción falla si algún archivo pide algo de fuera.

Un enlace que el lector pulsa (`<a href>`) puede salir del curso; lo que el navegador carga por su cuenta, no.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

OUTSIDE = r"((?:https?:|wss?:|ftp:)?//[^\s\"'<>)]+)"
# Una etiqueta cuyo `src`, `href`, `data`… se carga sin que nadie lo pulse; un `<link>` puede solo describir.
TAG = re.compile(
    r"<(?:script|img|link|iframe|source|video|audio|object|embed|track|use|image|input)\b"
    r"(?![^>]*\brel\s*=\s*[\"']?(?:canonical|alternate|author|license))"
    rf"[^>]*?\s(?:xlink:href|src|href|data|poster|srcset)\s*=\s*[\"']?{OUTSIDE}",
    re.IGNORECASE,
)
STYLE = re.compile(rf"(?:url\(\s*[\"']?|@import\s+[\"']){OUTSIDE}", re.IGNORECASE)
QUOTED = re.compile(rf"[\"'`]{OUTSIDE}")
# Lo que, delante de una dirección entre comillas, la carga.
LOADING = re.compile(
    r"(?:\bimport\s*(?:[\w{},*\s]+\bfrom\s*)?|\bimport\(|\bfetch\(|\bimportScripts\(|"
    r"\bnew\s+(?:Worker|WebSocket|EventSource)\(|\.src\s*=)\s*\Z"
)
BEFORE = 300  # caracteres: cabe una lista de nombres importados
PATTERNS = {".html": (TAG, STYLE), ".svg": (TAG, STYLE), ".css": (STYLE,), ".js": ()}


def requests_in(text: str, suffix: str) -> Iterator[tuple[int, str]]:
    """Da el número de línea y la dirección de cada recurso externo del texto."""
    matches = [match for pattern in PATTERNS[suffix] for match in pattern.finditer(text)]
    if suffix in (".html", ".js"):
        matches += [url for url in QUOTED.finditer(text) if is_loaded(text, url.start())]
    for start, url in sorted({(match.start(1), match[1]) for match in matches}):
        yield text.count("\n", 0, start) + 1, url


def is_loaded(text: str, position: int) -> bool:
    """Dice si lo que hay delante de una dirección entre comillas la carga."""
    return LOADING.search(text, max(0, position - BEFORE), position) is not None


def scan(site: Path) -> list[str]:
    """Busca peticiones a la red en las páginas, los estilos y los programas de un sitio."""
    return [
        f"  {path.relative_to(site).as_posix()}:{line}: {url}"
        for path in sorted(site.rglob("*"))
        if path.suffix in PATTERNS
        for line, url in requests_in(path.read_text(encoding="utf-8"), path.suffix)
    ]


def fail_if_online(app: Sphinx, exception: Exception | None) -> None:
    """Detiene la construcción con la lista de recursos externos, si hay alguno."""
    if exception is None and app.builder.format == "html" and (found := scan(Path(app.outdir))):
        raise ExtensionError("\n".join(["El sitio pide recursos de la red; traiga una copia local:", *found]))


def setup(app: Sphinx) -> dict[str, Any]:
    """Registra la comprobación al final de la construcción."""
    app.connect("build-finished", fail_if_online, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
