"""Conjuntos de datos del curso, cada uno con su ficha."""
