"""Archivos de pesos y de vocabularios, y cómo se leen."""
