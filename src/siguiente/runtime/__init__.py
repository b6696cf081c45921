"""Lo que guarda, reparte y repite el trabajo: no hace falta leerlo para seguir el curso."""
