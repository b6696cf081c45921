"""Transformers: la atención, un GPT entero y un gemelo que mira a los dos lados."""
