"""Lo que las bibliotecas dicen en inglés, en español."""
