"""Clave del contenido de un modelo o de un artefacto, para la huella de las páginas que lo usan."""

from importlib import import_module


def key(name: str) -> str:
    """Devuelve la clave de un recurso declarado, como `model:gemma-3-270m`."""
    return str(import_module("siguiente.artefacts").resource_key(name))
