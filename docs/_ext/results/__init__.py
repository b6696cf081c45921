"""Lo que salió de las celdas, en las páginas."""
