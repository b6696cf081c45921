"""El sitio se lee sin red: la construcción falla si algún archivo pide algo de fuera.

Un enlace que el lector pulsa (`<a href>`) puede salir del curso; lo que el navegador carga por su cuenta, no.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

OUTSIDE = r"(?:https?:|wss?:|ftp:)?//[^\s\"'<>)]+"
# Etiquetas cuyo `src`, `href`, `data`… se carga sin que nadie lo pulse.
TAGS = re.compile(
    r"<(?:script|img|link|iframe|source|video|audio|object|embed|track|use|image|input)\b[^>]*", re.IGNORECASE
)
ATTRIBUTE = re.compile(
    rf"\s(?:xlink:href|src|href|data|poster|srcset)\s*=\s*[\"']?({OUTSIDE})", re.IGNORECASE
)
# `<link>` que solo describen la página: no se carga nada.
DESCRIPTIVE = re.compile(r"rel\s*=\s*[\"']?(?:canonical|alternate|author|license)", re.IGNORECASE)
STYLE = re.compile(rf"(?:url\(\s*[\"']?|@import\s+[\"'])({OUTSIDE})", re.IGNORECASE)
SCRIPT = re.compile(
    rf"(?:\bimport\s*(?:[\w{{}},*\s]+\bfrom\s*)?|\bimport\(|\bfetch\(|\bimportScripts\(|"
    rf"\bnew\s+(?:Worker|WebSocket|EventSource)\(|\.src\s*=)\s*[\"'`]({OUTSIDE})"
)


class Request(NamedTuple):
    """Una petición a la red escrita en un archivo del sitio."""

    path: Path
    line: int
    url: str


def loaded_by_tags(text: str) -> Iterator[tuple[int, str]]:
    """Da la posición y la dirección externa de cada etiqueta que carga algo."""
    for tag in TAGS.finditer(text):
        if not DESCRIPTIVE.search(tag.group()):
            for match in ATTRIBUTE.finditer(tag.group()):
                yield tag.start() + match.start(1), match.group(1)


def requests_in(text: str, suffix: str) -> Iterator[tuple[int, str]]:
    """Da el número de línea y la dirección de cada recurso externo del texto."""
    patterns = {".css": [STYLE], ".js": [SCRIPT], ".html": [STYLE, SCRIPT], ".svg": [STYLE]}[suffix]
    starts = {(match.start(1), match.group(1)) for pattern in patterns for match in pattern.finditer(text)}
    if suffix in (".html", ".svg"):
        starts |= set(loaded_by_tags(text))
    for start, url in sorted(starts):
        yield text.count("\n", 0, start) + 1, url


def scan(site: Path) -> list[Request]:
    """Busca peticiones a la red en las páginas, los estilos y los programas de un sitio."""
    return [
        Request(path.relative_to(site), line, url)
        for path in sorted(site.rglob("*"))
        if path.suffix in (".html", ".css", ".js", ".svg") and path.is_file()
        for line, url in requests_in(path.read_text(encoding="utf-8"), path.suffix)
    ]


def fail_if_online(app: Sphinx, exception: Exception | None) -> None:
    """Detiene la construcción con la lista de recursos externos, si hay alguno."""
    if exception is None and app.builder.format == "html" and (found := scan(Path(app.outdir))):
        lines = "\n".join(f"  {path}:{line}: {url}" for path, line, url in found)
        raise ExtensionError(f"El sitio pide recursos de la red; traiga una copia local:\n{lines}")


def setup(app: Sphinx) -> dict[str, Any]:
    """Registra la comprobación al final de la construcción."""
    app.connect("build-finished", fail_if_online, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
