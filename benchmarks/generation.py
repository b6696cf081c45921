"""Generar con Gemma: frente a transformers y frente a leer los pesos una vez por token."""

import copy
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import torch
from pairs import Benchmark
from torch import Tensor, nn

from siguiente.language_models.sampling import generate_batch, greedy

NEW = 12  # tokens que se generan tras cada prompt
STARTS = (
    "Había una vez una niña que",
    "La ciudad, de noche, parece",
    "Mi abuela siempre decía que",
    "Para hacer un buen pan hay que",
    "Ayer fui al mercado y",
    "El perro miró por la ventana del salón y",
    "Cuando era pequeño, mi padre",
    "El problema más grave de este país",
)


def benchmarks(folder: Path) -> list[Benchmark]:
    """Con un prompt y con ocho, de distinta longitud; los segundos son por token."""
    from siguiente.llm.files.loading import load
    from siguiente.llm.pretrained import PretrainedModel

    gemma = load("gemma-3-270m")
    model, made = gemma.model, []
    eight = PretrainedModel(in_8_bits(model.network), model.vocab_size, model.context_length)
    prompts = [gemma.encode(start) for start in STARTS]
    for batch in (prompts[:1], prompts):
        name, count = f"{len(batch)} prompt{'s' * (len(batch) > 1)}", NEW * len(batch)
        peer = partial(generated, model.network, batch)
        runs = [partial(generate_batch, each, batch, NEW, greedy) for each in (model, eight)]
        # Los mismos tokens; con todo en 8 bits, no tiene por qué.
        torch.testing.assert_close(torch.tensor(runs[0]()), peer())
        labels = ("la red tal cual", "todo en 8 bits, aproximado")
        for label, run in zip(labels, runs, strict=True):
            made.append(Benchmark(f"{name}: {label}", run, peer, 0.5, 5, (count, count)))
    alone, floor = (
        partial(generate_batch, model, prompts[:1], NEW, greedy),
        partial(read_weights, model.network),
    )
    made.append(Benchmark("1 prompt: frente a leer los pesos", alone, floor, 1 / 0.6, 5, (NEW, 1)))
    return made


def generated(network: Any, prompts: list[list[int]]) -> Tensor:
    """Lo más probable, token a token, con la función de transformers y relleno por la izquierda."""
    size = max(map(len, prompts))
    ids = torch.tensor([[0] * (size - len(prompt)) + prompt for prompt in prompts])
    mask = torch.tensor([[0] * (size - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # avisos sobre su configuración por defecto
        every = network.generate(
            ids, attention_mask=mask, max_new_tokens=NEW, do_sample=False, pad_token_id=0
        )
    return every[:, size:]


@torch.inference_mode()
def read_weights(network: Any) -> None:
    """Multiplica cada matriz por un vector: lo menos que cuesta un token, que es leer todos los pesos."""
    for module in network.modules():
        if isinstance(module, nn.Linear):
            torch.mv(module.weight, torch.ones(module.in_features))


class Int8Linear(nn.Module):
    """Una capa con pesos de 8 bits y una escala por fila; multiplica en bfloat16."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        scales = weight.abs().amax(1) / 127
        self.numbers = (weight / scales[:, None]).round().to(torch.int8)
        self.scales = scales.bfloat16()

    def forward(self, x: Tensor) -> Tensor:
        """De (..., entran) a (..., salen)."""
        flat = torch._weight_int8pack_mm(x.bfloat16().flatten(0, -2), self.numbers, self.scales)
        return flat.float().view(*x.shape[:-1], -1)


def in_8_bits(network: Any) -> Any:
    """Una copia con todas las matrices en 8 bits, salvo la tabla de entrada."""
    short = copy.deepcopy(network)
    for parent in list(short.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Linear):
                setattr(parent, name, Int8Linear(child.weight))
    return short
