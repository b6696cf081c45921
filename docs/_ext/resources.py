"""Clave del contenido de un modelo o de un artefacto, para la huella de las páginas que lo usan."""


def key(name: str) -> str:
    """Devuelve la clave de un recurso declarado, como `model:gemma-3-270m`."""
    from siguiente.artefacts import ARTEFACTS

    keys = {f"{kind}:{known.name}": known.key for known in ARTEFACTS for kind in ("model", "artefact")}
    if name not in keys:
        raise ValueError(f"No se conoce el recurso «{name}» de `resources`. Hay estos: {', '.join(keys)}.")
    return keys[name]
