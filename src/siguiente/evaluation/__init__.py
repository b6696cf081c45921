"""Medir sin engañarse: intervalos y afirmaciones comprobadas."""
