"""Ventanas: cómo se reparte un flujo de tokens en lotes, sin perder ni repetir ninguna predicción."""

from collections.abc import Iterator

import torch
from torch import Generator, Tensor

__all__ = ["IGNORED", "cut_windows", "shuffled_windows", "window_count"]

# El objetivo que no cuenta en la pérdida; es el valor que PyTorch salta de fábrica.
IGNORED = -100


def window_count(stream: Tensor, length: int) -> int:
    """Número de ventanas de `length` predicciones que hacen falta para predecir cada token una vez.

    Examples
    --------
    >>> import torch
    >>> window_count(torch.arange(8), length=3)
    3
    """
    return -(-(len(stream) - 1) // length)


def cut_windows(stream: Tensor, rows: Tensor, length: int) -> tuple[Tensor, Tensor]:
    """Corta las ventanas de esos números: la `i` predice los `length` tokens que siguen al `i * length`.

    Parameters
    ----------
    stream : Tensor
        El flujo de tokens, (N,), con más de `length`.
    rows : Tensor
        Números de ventana, (B,), entre 0 y `window_count` - 1.
    length : int
        Predicciones por ventana, T.

    Returns
    -------
    tuple of (Tensor, Tensor)
        Lo que se lee y lo que se predice, ambos (B, T): cada objetivo es el token que sigue.

    Notes
    -----
    La última ventana no suele caber entera: se adelanta hasta que cabe, y lo que ya predijo la
    anterior se marca con `IGNORED`.

    Examples
    --------
    >>> import torch
    >>> inputs, targets = cut_windows(torch.arange(8), torch.tensor([0, 2]), length=3)
    >>> inputs.tolist()
    [[0, 1, 2], [4, 5, 6]]
    >>> targets.tolist()
    [[1, 2, 3], [-100, -100, 7]]
    """
    first = rows[:, None] * length
    positions = first.clamp(max=len(stream) - 1 - length) + torch.arange(length)  # (B, T)
    return stream[positions], stream[positions + 1].masked_fill(positions < first, IGNORED)


def shuffled_windows(stream: Tensor, length: int, batch_size: int, seed: int) -> Iterator[Tensor]:
    """Da sin fin números de ventana, (B,), barajados de nuevo en cada época.

    Cada época da todas las ventanas una vez; un lote puede terminar una época y empezar la siguiente.

    Examples
    --------
    >>> import torch
    >>> rows = shuffled_windows(torch.arange(9), length=2, batch_size=4, seed=0)
    >>> next(rows).sort().values
    tensor([0, 1, 2, 3])
    """
    generator, count = Generator().manual_seed(seed), window_count(stream, length)
    pending = torch.empty(0, dtype=torch.int64)
    while True:
        while len(pending) < batch_size:
            pending = torch.cat([pending, torch.randperm(count, generator=generator)])
        yield pending[:batch_size]
        pending = pending[batch_size:]
