"""Lo que solo necesita este curso: sus experimentos, por páginas. Las ideas están en las otras carpetas."""
