"""Medir lo que un modelo saca de un texto: si se puede leer y si es verdad."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor


class Extraction(NamedTuple):
    """Lo que se midió de N respuestas con K datos cada una, en ceros y unos."""

    valid: Tensor
    """(N,), si la respuesta es un objeto de JSON con las propiedades pedidas, y ninguna otra."""
    right: Tensor
    """(N, K), si cada dato es el que debía; lo que no se puede leer no acierta nada."""


def check_extraction(answers: Sequence[Mapping[str, Any]], texts: Sequence[str]) -> Extraction:
    """Compara unas respuestas escritas en JSON con las N que debían ser, todas con las mismas K propiedades.

    >>> check_extraction([{"precio": 9}] * 3, ['{"precio": 9}', '{"precio": 8}', "9 euros"])
    Extraction(valid=tensor([1., 1., 0.]), right=tensor([[1.], [0.], [0.]]))
    """
    found = [parsed_object(text) for text in texts]
    pairs = list(zip(answers, found, strict=True))
    right = [[name in data and data[name] == value for name, value in truth.items()] for truth, data in pairs]
    valid = [data.keys() == truth.keys() for truth, data in pairs]
    return Extraction(torch.tensor(valid).float(), torch.tensor(right).float())


def parsed_object(text: str) -> dict[str, Any]:
    """El objeto de JSON que hay en un texto; vacío, si no lo es."""
    try:
        data = json.loads(text)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
