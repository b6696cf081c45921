"""El sitio se lee sin red: la construcción falla si algún archivo pide algo de fuera.

Un enlace que el lector pulsa (`<a href>`) puede salir del curso; lo que el navegador carga por su cuenta, no.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

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
QUOTED = re.compile(rf"[\"'`]({OUTSIDE})")
# Lo que, delante de una dirección entre comillas, la carga.
LOADING = re.compile(
    r"(?:\bimport\s*(?:[\w{},*\s]+\bfrom\s*)?|\bimport\(|\bfetch\(|\bimportScripts\(|"
    r"\bnew\s+(?:Worker|WebSocket|EventSource)\(|\.src\s*=)\s*\Z"
)
BEFORE = 300  # caracteres: cabe una lista de nombres importados


def loaded_by_tags(text: str) -> Iterator[tuple[int, str]]:
    """Da la posición y la dirección externa de cada etiqueta que carga algo."""
    for tag in TAGS.finditer(text):
        if not DESCRIPTIVE.search(tag.group()):
            for match in ATTRIBUTE.finditer(tag.group()):
                yield tag.start() + match.start(1), match.group(1)


def loaded_by_scripts(text: str) -> Iterator[tuple[int, str]]:
    """Da la posición y la dirección externa de lo que carga un programa."""
    for url in QUOTED.finditer(text):
        if LOADING.search(text, max(0, url.start() - BEFORE), url.start()):
            yield url.start(1), url.group(1)


def requests_in(text: str, suffix: str) -> Iterator[tuple[int, str]]:
    """Da el número de línea y la dirección de cada recurso externo del texto."""
    starts: set[tuple[int, str]] = set()
    if suffix != ".js":
        starts |= {(match.start(1), match.group(1)) for match in STYLE.finditer(text)}
    if suffix in (".js", ".html"):
        starts |= set(loaded_by_scripts(text))
    if suffix in (".html", ".svg"):
        starts |= set(loaded_by_tags(text))
    for start, url in sorted(starts):
        yield text.count("\n", 0, start) + 1, url


def scan(site: Path, known: Mapping[str, int]) -> list[str]:
    """Busca peticiones a la red en un sitio, menos en los archivos que siguen como se conocían."""
    return [
        f"  {name}:{line}: {url}"
        for name, modified in files(site).items()
        if known.get(name) != modified
        for line, url in requests_in((site / name).read_text(encoding="utf-8"), Path(name).suffix)
    ]


def files(site: Path) -> dict[str, int]:
    """Las páginas, los estilos y los programas de un sitio, con el momento en que se escribieron."""
    found = (path for path in sorted(site.rglob("*")) if path.suffix in (".html", ".css", ".js", ".svg"))
    return {path.relative_to(site).as_posix(): path.stat().st_mtime_ns for path in found if path.is_file()}


def fail_if_online(app: Sphinx, exception: Exception | None) -> None:
    """Detiene la construcción con la lista de recursos externos, si hay alguno."""
    if exception is not None or app.builder.format != "html":
        return
    site, record = Path(app.outdir), Path(app.doctreedir, f"offline-{app.builder.name}.json")
    known = json.loads(record.read_text("utf8")) if record.is_file() else {}
    if found := scan(site, known):
        raise ExtensionError("\n".join(["El sitio pide recursos de la red; traiga una copia local:", *found]))
    record.write_text(json.dumps(files(site)), "utf8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Registra la comprobación al final de la construcción."""
    app.connect("build-finished", fail_if_online, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
