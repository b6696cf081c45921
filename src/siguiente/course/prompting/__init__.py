"""Los experimentos de las páginas de *prompting*."""
