"""Grandes modelos de lenguaje: abrir los preentrenados y hacerlos cumplir el protocolo del curso."""

from siguiente.llm.files.catalogue import CATALOGUE, ModelCard, card
from siguiente.llm.files.loading import load

__all__ = ["CATALOGUE", "ModelCard", "card", "load"]
