"""Los experimentos de las páginas de transformers."""
