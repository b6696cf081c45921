"""Lo mismo, más deprisa: da el mismo resultado y no hace falta leerlo."""
