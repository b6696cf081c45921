"""Las figuras de las páginas."""
