"""Cuadernos que se ejecutan otra vez solo si cambia algo de lo que dependen sus resultados."""
