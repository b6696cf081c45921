"""GPT: bloques de atención y capas densas, uno tras otro."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from siguiente.language_models.protocol import check_positive
from siguiente.transformers.attention import MultiHeadAttention, fused_attention
from siguiente.transformers.kv_cache import KVCache


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
        x = x + self.attention.merge(fused_attention(q, k, v, self.causal))
        x = x + self.narrow(F.gelu(self.widen(self.norm2(x)), approximate="tanh"))
        return x, (k, v)


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
