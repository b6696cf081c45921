"""Los experimentos de las páginas de alineación."""
