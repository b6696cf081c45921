"""Las reglas de las páginas: prosa, ortografía y celdas."""
