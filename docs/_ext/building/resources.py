"""Los recursos que las páginas declaran, como `model:gemma-3-270m`: su clave, su origen y si están listos.

Nada de esto importa torch: se lee del código y de lo anotado.
"""

from typing import Any

from siguiente import artefacts

KINDS = {"model": artefacts.MODELS, "artefact": artefacts.MODELS | artefacts.RECIPES}


def short_name(name: str) -> str:
    """El nombre sin su clase; si no es de un recurso conocido, es un error."""
    kind, _, short = name.partition(":")
    if short not in KINDS.get(kind, {}):
        known = ", ".join(f"{kind}:{each}" for kind, names in KINDS.items() for each in names)
        raise ValueError(f"No se conoce el recurso «{name}» de `resources`. Hay estos: {known}.")
    return short


def key(name: str) -> str:
    """Devuelve la clave de un recurso: cambia si, y solo si, cambia lo que da."""
    return artefacts.key(short_name(name))


def recorded(name: str) -> dict[str, Any] | None:
    """Devuelve la procedencia de un recurso que se usa como se anotó; `None` si se calcula en el equipo."""
    return artefacts.recorded(short_name(name))


def is_ready(name: str) -> bool:
    """Dice si un recurso se puede usar ya, sin construir nada."""
    return artefacts.is_ready(short_name(name))
