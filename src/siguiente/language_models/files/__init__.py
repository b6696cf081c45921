"""Formatos en que otros programas leen un modelo o un tokenizador."""
