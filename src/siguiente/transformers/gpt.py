"""GPT: bloques de atención y capas densas, con su caché."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from siguiente.language_models.protocol import check_positive
from siguiente.transformers.attention import MultiHeadAttention, causal_mask


@dataclass(frozen=True, eq=False)
class KVCache:
    """Las claves y los valores, (B, H, T, D), de cada bloque; no cambian: al leer más se hace otra caché.

    >>> cache = KVCache(((torch.zeros(1, 2, 5, 4), torch.zeros(1, 2, 5, 4)),))
    >>> cache.length, cache.nbytes, cache.repeat(3).nbytes
    (5, 320, 960)
    """

    layers: tuple[tuple[Tensor, Tensor], ...]

    @property
    def length(self) -> int:
        """Tokens leídos."""
        return self.layers[0][0].shape[2]

    @property
    def nbytes(self) -> int:
        """Bytes que ocupa."""
        return sum(tensor.nbytes for pair in self.layers for tensor in pair)

    def repeat(self, n: int) -> Self:
        """Repite cada fila `n` veces seguidas: (B, ...) pasa a (B·n, ...)."""
        return self._mapped(lambda tensor: tensor.repeat_interleave(n, 0))

    def select(self, rows: Tensor) -> Self:
        """Elige filas por su índice: (B, ...) pasa a (len(rows), ...)."""
        return self._mapped(lambda tensor: tensor.index_select(0, rows))

    def expand(self, rows: int) -> Self:
        """Reparte un prefijo común entre más filas, sin copiarlo: (1, ...) pasa a (B, ...)."""
        return self._mapped(lambda tensor: tensor.expand(rows, -1, -1, -1))

    def _mapped(self, change: Callable[[Tensor], Tensor]) -> Self:
        return type(self)(tuple((change(keys), change(values)) for keys, values in self.layers))


@dataclass(frozen=True)
class GPTConfig:
    """La forma de la red.

    Attributes
    ----------
    vocab_size : int
        Tokens del vocabulario, V.
    context_length : int
        Tokens que caben en el contexto.
    layers : int
        Bloques.
    heads : int
        Cabezas de atención por bloque, H.
    channels : int
        Números por token, C: un múltiplo de `heads`.
    causal : bool
        Si cada token mira solo lo anterior; si no, es como :mod:`siguiente.transformers.masked`.

    Examples
    --------
    >>> GPTConfig(vocab_size=257, context_length=64, layers=2, heads=4, channels=32).causal
    True
    """

    vocab_size: int
    context_length: int
    layers: int
    heads: int
    channels: int
    causal: bool = True

    def __post_init__(self) -> None:
        check_positive(self, "vocab_size", "context_length", "layers", "heads", "channels")
        if self.channels % self.heads:
            raise ValueError(
                f"No se pueden repartir {self.channels} canales entre {self.heads} cabezas por igual."
            )


def parameters_count(config: GPTConfig) -> int:
    """Cuenta los parámetros de una red sin construirla.

    A los :math:`12C^2` de :eq:`eq-block-parameters` se suman :math:`13C` de sesgos y normalizaciones por
    bloque, la última normalización y las dos tablas; la de los tokens sirve también a la salida.

    >>> parameters_count(GPTConfig(vocab_size=50_257, context_length=1024, layers=12, heads=12, channels=768))
    124439808
    """
    C, blocks = config.channels, config.layers
    return (config.vocab_size + config.context_length) * C + blocks * (12 * C**2 + 13 * C) + 2 * C


class Block(nn.Module):
    """Mover información entre posiciones y procesarla en cada una; cada paso se suma a lo que entró."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        C = config.channels
        self.causal = config.causal
        self.norm1, self.norm2 = nn.LayerNorm(C), nn.LayerNorm(C)
        self.attention = MultiHeadAttention(C, config.heads)
        self.widen, self.narrow = nn.Linear(C, 4 * C), nn.Linear(4 * C, C)

    def forward(
        self, x: Tensor, past: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Devuelve los vectores nuevos, (B, T, C), y las claves y los valores de todo lo leído."""
        q, k, v = self.attention.project(self.norm1(x))  # (B, H, T, D)
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        x = x + self.attention.merge(self._attend(q, k, v))
        x = x + self.narrow(F.gelu(self.widen(self.norm2(x)), approximate="tanh"))
        return x, (k, v)

    def _attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Lo mismo que `scaled_dot_product`, en la versión de PyTorch, más rápida: una prueba las compara."""
        length, past = q.shape[2], k.shape[2] - q.shape[2]
        mask = causal_mask(length, past) if self.causal and past and length > 1 else None
        causal = self.causal and length > 1 and mask is None
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)


class GPT(nn.Module):
    """Un modelo de lenguaje con la arquitectura de GPT-2, que explica la página :ref:`sec-gpt`.

    Cumple el protocolo :class:`siguiente.language_models.protocol.LanguageModel`. Sus pesos empiezan como los
    de GPT-2, que tiene 768 canales: normales, de desviación :math:`0{,}02\\sqrt{768/C}`; las matrices que
    suman su salida a lo que entró, divididas entre :math:`\\sqrt{2L}`, con :math:`L` bloques.

    >>> model = GPT(GPTConfig(vocab_size=10, context_length=8, layers=2, heads=2, channels=4))
    >>> model(torch.tensor([[3, 1, 4]])).shape
    torch.Size([1, 3, 10])
    """

    def __init__(self, config: GPTConfig, seed: int = 0) -> None:
        super().__init__()
        self.config = config
        self.vocab_size, self.context_length = config.vocab_size, config.context_length
        with torch.device("meta"):  # sin los pesos al azar de PyTorch, que no saben de nuestra semilla
            self.tokens = nn.Embedding(config.vocab_size, config.channels)
            self.positions = nn.Embedding(config.context_length, config.channels)
            self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
            self.norm = nn.LayerNorm(config.channels)
        self.to_empty(device="cpu")
        self._initialise(torch.Generator().manual_seed(seed))

    def forward(self, ids: Tensor) -> Tensor:
        """Predice el token siguiente en todas las posiciones: (B, T) pasa a logits (B, T, V)."""
        return self.head(self.hidden(ids))

    def head(self, x: Tensor) -> Tensor:
        """De vectores (B, T, C) a logits (B, T, V), con la misma tabla que convierte tokens en vectores."""
        return F.linear(self.norm(x), self.tokens.weight)

    def hidden(self, ids: Tensor, layer: int | None = None) -> Tensor:
        """Da los vectores, (B, T, C), tras `layer` bloques: con 0, sin contexto; por defecto, tras todos."""
        x = self._embed(ids)
        for block in self.blocks[:layer]:
            x, _ = block(x)
        return x

    def step(self, ids: Tensor, state: KVCache | None = None, last: int = 1) -> tuple[Tensor, KVCache]:
        """Lee tokens nuevos, (B, T), y da los logits de los `last` últimos, (B, last, V), y otro estado.

        Lo leído antes, `state`, puede ser común o por fila, y sigue siendo válido después.
        """
        if not self.config.causal:
            raise ValueError("Esta red mira a los dos lados: no puede leer un texto de izquierda a derecha.")
        with torch.inference_mode():
            x = self._embed(ids, 0 if state is None else state.length)
            past = [None] * len(self.blocks) if state is None else state.expand(len(ids)).layers
            layers = []
            for block, before in zip(self.blocks, past, strict=True):
                x, pair = block(x, before)
                layers.append(pair)
            return self.head(x[:, -last:]), KVCache(tuple(layers))

    def _embed(self, ids: Tensor, past: int = 0) -> Tensor:
        """Suma el vector de cada token y el de su posición: (B, T) pasa a (B, T, C)."""
        total = past + ids.shape[1]
        if total > self.context_length:
            raise ValueError(
                f"El texto llega a {total} tokens y en el contexto caben {self.context_length}: acórtelo."
            )
        return self.tokens(ids) + self.positions.weight[past:total]

    def _initialise(self, generator: Generator) -> None:
        """Da a cada peso su valor inicial, siempre el mismo para una semilla."""
        std = 0.02 * math.sqrt(768 / self.config.channels)  # con 0,02, una red pequeña tarda más en aprender
        small = std / math.sqrt(2 * self.config.layers)
        for name, weights in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(weights)
            elif "norm" in name:
                nn.init.ones_(weights)
            else:
                residual = name.endswith(("out.weight", "narrow.weight"))
                nn.init.normal_(weights, std=small if residual else std, generator=generator)
