"""Modelos de lenguaje: un protocolo y, sobre él, puntuar, generar y medir una sola vez."""
