"""Lo que cuesta leer los textos de cualquiera: la memoria, acotada; el tiempo, dicho antes."""

import time
from dataclasses import replace
from typing import Any

import torch

from siguiente.language_models.protocol import TextModel
from siguiente.llm.fast.piecewise import PiecewiseModel
from siguiente.llm.pretrained import PretrainedModel

SAMPLE = 128  # tokens con que se mide lo que se tarda


def in_pieces(model: TextModel[Any]) -> TextModel[Any]:
    """El mismo modelo, con la memoria acotada; si no es de los que se abren aquí, tal cual."""
    network = model.model
    if type(network) is not PretrainedModel:
        return model
    return replace(model, model=PiecewiseModel(network.network, network.vocab_size, network.context_length))


def reading_minutes(model: TextModel[Any], tokens: int) -> float:
    """Los minutos que llevaría leer unos tokens en este equipo, según lo que tardan unos pocos."""
    return tokens / SAMPLE * _seconds(model, SAMPLE) / 60


def writing_minutes(model: TextModel[Any], tokens: int) -> float:
    """Los minutos que llevaría escribir unos tokens, de uno en uno."""
    return tokens * _seconds(model, 1) / 60


def _seconds(model: TextModel[Any], tokens: int) -> float:
    """Lo que tarda en leer unos tokens; la primera vez, que prepara cosas, no cuenta."""
    limit = model.model.context_length or tokens
    ids = torch.zeros(1, min(tokens, limit), dtype=torch.long)
    model.model.step(ids[:, :1])
    start = time.perf_counter()
    model.model.step(ids)
    return (time.perf_counter() - start) * tokens / ids.shape[1]
