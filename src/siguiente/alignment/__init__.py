"""Alineación: de un modelo que completa textos a uno que hace lo que se le pide, con la verdad a la vista."""
