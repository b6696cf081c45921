"""La atención: cada posición toma de las demás una media de valores, con pesos que ella misma calcula."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def scaled_dot_product(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Compara cada consulta, (..., T, D), con las claves, (..., S, D), y promedia los valores, (..., S, E).

    Devuelve la salida, (..., T, E), y los pesos, (..., T, S), cuyas filas suman uno; `mask`, (T, S), es
    verdadera donde la fila puede mirar a la columna. Es :eq:`eq-attention`, de :cite:t:`vaswani2017`; la
    explica la página :ref:`sec-attention`.

    >>> q, k, v = torch.zeros(1, 2), torch.rand(3, 2), torch.tensor([[3.0], [6.0], [0.0]])
    >>> scaled_dot_product(q, k, v)  # quien no busca nada recibe la media
    (tensor([[3.]]), tensor([[0.3333, 0.3333, 0.3333]]))
    """
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (B, H, T, S)
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)  # e elevado a menos infinito es cero
    weights = scores.softmax(-1)  # (B, H, T, S)
    return weights @ v, weights  # (B, H, T, D)


def causal_mask(length: int, past: int = 0) -> Tensor:
    """Señala, en (T, past + T), qué ve cada token si no mira al futuro; los `past` ya leídos los ven todos.

    >>> causal_mask(2, past=1)
    tensor([[ True,  True, False],
            [ True,  True,  True]])
    """
    return torch.ones(length, past + length, dtype=torch.bool).tril(past)


def fused_attention(q: Tensor, k: Tensor, v: Tensor, causal: bool) -> Tensor:
    """La salida de :func:`scaled_dot_product`, (..., T, E), con la función de PyTorch, que es más rápida.

    Si es `causal`, las consultas son las de los últimos T de los S tokens, y ninguna mira al futuro.

    >>> x = torch.rand(1, 1, 4, 2)
    >>> by_hand, _ = scaled_dot_product(x, x, x, causal_mask(4))
    >>> torch.allclose(fused_attention(x, x, x, causal=True), by_hand)
    True
    """
    length, past = q.shape[-2], k.shape[-2] - q.shape[-2]
    mask = causal_mask(length, past) if causal and past and length > 1 else None
    from_start = causal and length > 1 and mask is None
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=from_start)


class MultiHeadAttention(nn.Module):
    """Varias atenciones en paralelo, con matrices más pequeñas: cada cabeza trabaja con D = C / H números.

    >>> output, weights = MultiHeadAttention(channels=6, heads=2)(torch.ones(1, 5, 6))
    >>> output.shape, weights.shape
    (torch.Size([1, 5, 6]), torch.Size([1, 2, 5, 5]))
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(channels, 3 * channels)  # las tres matrices, en un solo producto
        self.out = nn.Linear(channels, channels)

    def project(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Devuelve consultas, claves y valores, cada uno de forma (B, H, T, D)."""
        parts = self.qkv(x).unflatten(-1, (3, self.heads, -1))  # (B, T, 3, H, D)
        q, k, v = parts.permute(2, 0, 3, 1, 4).unbind(0)  # (B, H, T, D)
        return q, k, v

    def merge(self, values: Tensor) -> Tensor:
        """Pone las cabezas una al lado de la otra y las mezcla: (B, H, T, D) pasa a (B, T, C)."""
        return self.out(values.transpose(1, 2).flatten(2))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Devuelve la salida, (B, T, C), y los pesos de cada cabeza, (B, H, T, T)."""
        values, weights = scaled_dot_product(*self.project(x), mask)
        return self.merge(values), weights
