"""Cómo se cuenta un resultado: tablas, números y afirmaciones."""
