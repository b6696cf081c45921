"""Los experimentos de las páginas de modelos de lenguaje."""
