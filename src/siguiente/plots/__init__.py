"""Figuras: funciones que reciben datos y devuelven ejes, con rótulos en español."""
