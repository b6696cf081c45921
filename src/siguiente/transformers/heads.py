"""Una cabeza de atención de un GPT: adónde mira, y qué pasa sin ella."""

from copy import deepcopy

import torch
from torch import Tensor

from siguiente.transformers.attention import causal_mask
from siguiente.transformers.gpt import GPT


@torch.no_grad()
def head_weights(model: GPT, ids: Tensor) -> Tensor:
    """Los pesos de todas las cabezas de un texto, (T,) -> (L, H, T, T): fila, quien mira; columna, lo mirado.

    >>> from siguiente.transformers.gpt import GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=9, context_length=4, layers=2, heads=2, channels=4))
    >>> head_weights(model, torch.tensor([3, 1, 4])).shape
    torch.Size([2, 2, 3, 3])
    """
    mask, found = causal_mask(len(ids)), []
    for layer, block in enumerate(model.blocks):
        x = model.hidden(ids[None], layer)  # (1, T, C)
        found.append(block.get_submodule("attention")(block.get_submodule("norm1")(x), mask)[1][0])
    return torch.stack(found)


@torch.no_grad()
def without_head(model: GPT, layer: int, head: int) -> GPT:
    """Una copia del modelo en que una cabeza no escribe nada: sus columnas de la matriz de salida son cero.

    >>> from siguiente.transformers.gpt import GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=9, context_length=4, layers=1, heads=2, channels=4))
    >>> (without_head(model, 0, head=1).blocks[0].attention.out.weight == 0).all(0)
    tensor([False, False,  True,  True])
    """
    ablated, size = deepcopy(model), model.config.channels // model.config.heads
    ablated.get_parameter(f"blocks.{layer}.attention.out.weight")[:, head * size : (head + 1) * size] = 0
    return ablated
