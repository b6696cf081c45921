"""Ni la construcción ni el sitio usan la red."""
