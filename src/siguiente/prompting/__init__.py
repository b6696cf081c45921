"""Prompting: plantillas, y lo que se construye al preguntar a un modelo."""
