"""La dirección del rechazo: hallarla en los vectores de un GPT, quitarla y sumarla."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from siguiente.transformers.gpt import GPT

Change = Callable[[Tensor], Tensor]


@torch.no_grad()
def prompt_vectors(model: GPT, prompts: Sequence[Sequence[int]], layer: int) -> Tensor:
    """Los vectores del último token de N peticiones tras `layer` bloques, (N, C).

    >>> from siguiente.transformers.gpt import GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=10, context_length=8, layers=2, heads=2, channels=4))
    >>> prompt_vectors(model, [[3, 1], [4, 1, 5]], layer=1).shape
    torch.Size([2, 4])
    """
    return torch.stack([model.hidden(torch.tensor([ids]), layer)[0, -1] for ids in prompts])


def mean_difference(refused: Tensor, answered: Tensor) -> Tensor:
    """De los vectores de lo que se rechaza, (N, C), y de lo que se atiende, (M, C), a una dirección, (C,).

    :math:`r = \\frac1N\\sum_i h_i - \\frac1M\\sum_j h'_j` :cite:p:`arditi2024`.

    >>> mean_difference(torch.tensor([[3.0, 1.0]]), torch.tensor([[1.0, 1.0], [2.0, 1.0]]))
    tensor([1.5000, 0.0000])
    """
    return refused.mean(0) - answered.mean(0)


def ablate(h: Tensor, direction: Tensor) -> Tensor:
    """Quita de unos vectores, (..., C), lo que tienen de una dirección, (C,).

    :math:`h - (h\\cdot\\hat r)\\,\\hat r`, con :math:`\\hat r = r/\\lVert r\\rVert` :cite:p:`arditi2024`.

    >>> ablate(torch.tensor([[3.0, 4.0]]), torch.tensor([0.0, 2.0]))
    tensor([[3., 0.]])
    """
    unit = direction / direction.norm()
    return h - (h @ unit)[..., None] * unit


def steer(direction: Tensor, scale: float) -> Change:
    """Suma unas veces una dirección, (C,), al último vector de lo que se lee de una vez, (B, T, C).

    Así cambia la petición y no lo que se escribe, que llega de uno en uno.

    >>> push = steer(torch.tensor([1.0, 0.0]), 2)
    >>> push(torch.zeros(1, 2, 2)).tolist(), push(torch.zeros(1, 1, 2)).tolist()
    ([[[0.0, 0.0], [2.0, 0.0]]], [[[0.0, 0.0]]])
    """

    def change(h: Tensor) -> Tensor:
        asked = h.shape[1] > 1
        return torch.cat([h[:, :-1], h[:, -1:] + asked * scale * direction], 1)

    return change


@contextmanager
def changed(model: GPT, change: Change, layers: Sequence[int] | None = None) -> Iterator[GPT]:
    """Mientras dura, cambia los vectores, (B, T, C), que quedan tras cada uno de unos números de bloques.

    Con 0, los que entran en el primero; por defecto, todos. Cambian en todas las posiciones, también en las
    que el modelo escribe.

    >>> from siguiente.transformers.gpt import GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=10, context_length=8, layers=2, heads=2, channels=4))
    >>> with changed(model, lambda h: 0 * h) as silent:
    ...     silent(torch.tensor([[3, 1]])).abs().max().item()
    0.0
    """
    readers = [*model.blocks, model.norm]  # quien lee tras 0, 1, …, L bloques

    def edit(_: nn.Module, read: tuple[Any, ...]) -> tuple[Any, ...]:
        return change(read[0]), *read[1:]

    chosen = range(len(readers)) if layers is None else layers
    hooks = [readers[k].register_forward_pre_hook(edit) for k in chosen]
    try:
        yield model
    finally:
        for hook in hooks:
            hook.remove()
