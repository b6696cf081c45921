"""El texto como una tira de tokens, y las ventanas de ella que se aprenden."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

import torch
from torch import Tensor

from siguiente.language_models.protocol import Tokenizer

# El objetivo que no cuenta en la pérdida; es el valor que PyTorch salta de fábrica.
IGNORED = -100


class Windows(NamedTuple):
    """Trozos de un flujo: cada uno predice los tokens de `first` + 1 a `end`, y lee desde `start`."""

    start: Tensor
    """Primera posición que se lee, (R,)."""
    first: Tensor
    """Primera posición desde la que se predice, (R,)."""
    end: Tensor
    """La posición del último token que se predice, (R,)."""

    def select(self, rows: Tensor) -> "Windows":
        """Elige ventanas por su número."""
        return Windows(self.start[rows], self.first[rows], self.end[rows])


def find_windows(stream: Tensor, length: int, boundary: int | None = None) -> Windows:
    """Reparte un flujo (N,) en ventanas de hasta `length` predicciones: cada token se predice una vez.

    Con `boundary`, el token que separa los textos, cada texto empieza su propia ventana, y ninguna ve un
    texto sin su comienzo; sin él, las ventanas se suceden y la última se adelanta hasta que cabe.

    >>> find_windows(torch.arange(8), length=3).start.tolist()
    [0, 3, 4]
    >>> find_windows(torch.tensor([0, 1, 2, 3, 4, 0, 5, 0]), length=3, boundary=0).start.tolist()
    [0, 3, 5]
    """
    last = len(stream) - 1
    if last < (length if boundary is None else 1):
        needed = 2 if boundary is not None else length + 1
        raise ValueError(
            f"El flujo tiene {len(stream)} tokens y una ventana necesita {needed}: use más texto o una "
            "ventana (`length`) más corta."
        )
    if boundary is None:
        first = torch.arange(0, last, length)
        return Windows(first.clamp(max=last - length), first, (first + length).clamp(max=last))
    marks = (stream[1:-1] == boundary).nonzero()[:, 0] + 1
    edges = torch.cat([torch.tensor([0]), marks, torch.tensor([last])])
    pieces = -(-edges.diff() // length)  # un texto largo ocupa varias ventanas
    number = torch.arange(int(pieces.sum())) - (pieces.cumsum(0) - pieces).repeat_interleave(pieces)
    start = edges[:-1].repeat_interleave(pieces) + number * length
    return Windows(start, start, (start + length).minimum(edges[1:].repeat_interleave(pieces)))


def cut_windows(stream: Tensor, windows: Windows) -> tuple[Tensor, Tensor]:
    """Corta de un flujo (N,) unas ventanas: lo que se lee y lo que se predice, ambos (B, T).

    Se igualan por la derecha con la más larga. Cada objetivo es el token que sigue, o `IGNORED` en el relleno
    y donde ya lo predijo otra ventana.

    >>> stream = torch.arange(8)
    >>> inputs, targets = cut_windows(stream, find_windows(stream, length=3).select(torch.tensor([0, 2])))
    >>> inputs.tolist(), targets.tolist()
    ([[0, 1, 2], [4, 5, 6]], [[1, 2, 3], [-100, -100, 7]])
    """
    start, first, end = (edge[:, None] for edge in windows)
    positions = start + torch.arange(int((windows.end - windows.start).max()))  # (B, T)
    targets = stream[(positions + 1).minimum(end)]
    unused = (positions < first) | (positions >= end)
    return stream[positions.minimum(end)], targets.masked_fill(unused, IGNORED)


def shuffled_windows(windows: Windows, batch_size: int, seed: int) -> Iterator[Windows]:
    """Da sin fin lotes de ventanas, barajadas de nuevo en cada época.

    Cada época da todas las ventanas una vez; un lote puede terminar una época y empezar la siguiente.

    >>> windows = find_windows(torch.arange(9), length=2)
    >>> next(shuffled_windows(windows, batch_size=4, seed=0)).start.sort().values
    tensor([0, 2, 4, 6])
    """
    count, pending = len(windows.start), torch.empty(0, dtype=torch.int64)
    if count == 0:
        raise ValueError("No hay ventanas que barajar: use más texto.")
    generator = torch.Generator().manual_seed(seed)
    while True:
        while len(pending) < batch_size:
            pending = torch.cat([pending, torch.randperm(count, generator=generator)])
        yield windows.select(pending[:batch_size])
        pending = pending[batch_size:]


def token_stream(tokenizer: Tokenizer, texts: Iterable[str]) -> Tensor:
    """Une los textos en una sola fila de tokens, (N,), con el de final antes, entre medias y después.

    Así el final de un texto es también el comienzo del siguiente: un modelo aprende a empezar y a terminar.

    >>> from siguiente.language_models.protocol import ByteTokenizer
    >>> token_stream(ByteTokenizer(), ["sí", "no"])
    tensor([257, 115, 195, 173, 257, 110, 111, 257])
    """
    end = tokenizer.eos_id
    rows = [tokenizer.encode(text) for text in texts]
    if not rows or not all(rows):
        raise ValueError("No hay textos, o alguno está vacío: deje solo los que tengan algo escrito.")
    return torch.tensor([end, *chain.from_iterable([*row, end] for row in rows)])
