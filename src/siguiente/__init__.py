"""Modelos de lenguaje, prompting y alineación: el paquete que ejecuta el curso."""

__version__ = "0.1.0"
