"""La interfaz en español: nuestros catálogos se imponen a los de Sphinx y a los del tema.

Los `.po` de `docs/locale` se compilan al construir, fuera de las fuentes: en git no hay nada generado. Entre
catálogos gana el que llega primero, así que en `conf.py` esta extensión va antes que el tema.
"""

import io
import json
import zlib
from pathlib import Path
from typing import Any

import sphinx
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from sphinx.application import Sphinx

from siguiente.runtime.store import write_atomically

SOURCES = Path(__file__).parents[2] / "locale" / "es" / "LC_MESSAGES"
DOMAINS = ("sphinx", "booktheme")


def read_catalogue(path: Path) -> Catalog:
    """Lee un catálogo `.po`; falla si está mal escrito."""
    return read_po(io.BytesIO(path.read_bytes()), locale="es", abort_invalid=True)


def compile_catalogues(source: Path, target: Path) -> str:
    """Compila cada `.po` de `source` en `target/es/LC_MESSAGES`, con las frases que usa el buscador.

    Devuelve `target`, para `locale_dirs`: Sphinx fija algunas frases al cargar sus módulos, antes que
    cualquier extensión, de modo que los catálogos han de estar listos al leer `conf.py`.
    """
    folder = target / "es" / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    for domain in DOMAINS:
        compiled = io.BytesIO()
        write_mo(compiled, read_catalogue(source / f"{domain}.po"))
        write_atomically(folder / f"{domain}.mo", compiled.getvalue())
    write_atomically(folder / "sphinx.js", search_messages(read_catalogue(source / "sphinx.po")))
    return str(target)


def search_messages(catalogue: Catalog) -> str:
    """Devuelve las traducciones para JavaScript: las de Sphinx, corregidas por las nuestras."""
    stock = Path(sphinx.package_dir) / "locale" / "es" / "LC_MESSAGES" / "sphinx.js"
    text = stock.read_text(encoding="utf-8")
    start, end = text.index("{"), text.rindex("}") + 1
    data = json.loads(text[start:end])
    data["messages"] = {key: value for key, value in data["messages"].items() if value}
    data["plural_expr"] = f"Number({catalogue.plural_expr})"
    for message in catalogue:
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            data["messages"][key] = message.string
    return text[:start] + json.dumps(data, ensure_ascii=False, sort_keys=True, indent=1) + text[end:]


def setup(app: Sphinx) -> dict[str, Any]:
    """Registra el catálogo del tema; si algún catálogo cambia, se vuelven a leer las páginas."""
    app.add_message_catalog("booktheme", app.config.locale_dirs[0])
    version = zlib.crc32(b"".join((SOURCES / f"{domain}.po").read_bytes() for domain in DOMAINS))
    return {"env_version": version, "parallel_read_safe": True, "parallel_write_safe": True}
