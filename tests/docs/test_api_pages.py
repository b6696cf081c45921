"""La referencia documenta todos los módulos del paquete, y cada uno una vez."""

import re
from pathlib import Path

from pages import hidden

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "siguiente"


def modules() -> list[str]:
    """Nombre completo de cada módulo con contenido propio."""
    paths = (
        path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" and not hidden(path, PACKAGE)
    )
    return sorted(".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in paths)


def documented() -> list[str]:
    """Módulos que aparecen en una página de la API."""
    pages = (ROOT / "docs" / "reference" / "api").glob("[!.]*.rst")
    return sorted(
        name
        for page in pages
        for name in re.findall(r"^\.\. automodule:: (\S+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    )


def test_every_module_is_documented_once():
    assert documented() == modules()
