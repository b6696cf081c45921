"""Dos modelos neuronales: el MLP, que mira una ventana fija, y la GRU, que lo resume todo en un vector."""

import math
from dataclasses import dataclass, fields
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from siguiente.language_models.ngram import LastTokens, check_step

__all__ = ["GRU", "MLP", "GRUConfig", "HiddenVector", "MLPConfig", "context_windows", "gru_cell"]


@dataclass(frozen=True)
class MLPConfig:
    """La forma de un MLP.

    Parameters
    ----------
    vocab_size : int
        Tokens del vocabulario, V.
    boundary : int
        El token que separa los textos; con él se rellena lo que falta al comienzo.
    order : int
        El orden, n: predice con los n - 1 tokens anteriores, como un n-grama.
    channels : int
        Números del vector de cada token, C.
    hidden : int
        Unidades ocultas.
    direct : bool
        Si los vectores llegan también a la salida sin pasar por las unidades ocultas.

    Examples
    --------
    >>> MLPConfig(vocab_size=300, boundary=256).order
    5
    """

    vocab_size: int
    boundary: int
    order: int = 5
    channels: int = 32
    hidden: int = 128
    direct: bool = False

    def __post_init__(self) -> None:
        check_positive(self, "vocab_size", "channels", "hidden")
        if self.order < 2:
            raise ValueError(f"`order` debe ser al menos 2, para que haya contexto, y vale {self.order}.")
        if not 0 <= self.boundary < self.vocab_size:
            raise ValueError(
                f"`boundary` debe ser un token, de 0 a {self.vocab_size - 1}: es {self.boundary}."
            )


@dataclass(frozen=True)
class GRUConfig:
    """La forma de una GRU.

    Parameters
    ----------
    vocab_size : int
        Tokens del vocabulario, V.
    channels : int
        Números del vector de cada token, C.
    hidden : int
        Números del estado.
    tied : bool
        Si la tabla de vectores sirve también a la salida; entonces `channels` y `hidden` son iguales.

    Examples
    --------
    >>> GRUConfig(vocab_size=300).hidden
    128
    """

    vocab_size: int
    channels: int = 128
    hidden: int = 128
    tied: bool = False

    def __post_init__(self) -> None:
        check_positive(self, "vocab_size", "channels", "hidden")
        if self.tied and self.channels != self.hidden:
            raise ValueError(
                f"Con `tied`, `channels` y `hidden` deben ser iguales: valen {self.channels} y {self.hidden}."
            )


def context_windows(text: Tensor, n: int, boundary: int) -> Tensor:
    """Los `n` últimos tokens que ve cada posición, sin nada de otro texto.

    Parameters
    ----------
    text : Tensor
        (B, n - 1 + T): delante, los n - 1 tokens anteriores.
    n : int
        Tokens por ventana.
    boundary : int
        El token que separa los textos; ocupa también el sitio de lo que hay antes de él.

    Returns
    -------
    Tensor
        (B, T, n).

    Examples
    --------
    >>> import torch
    >>> context_windows(torch.tensor([[5, 6, 0, 7]]), n=3, boundary=0)
    tensor([[[0, 0, 0],
             [0, 0, 7]]])
    """
    windows = text.unfold(1, n, 1)  # (B, T, n)
    later = (windows == boundary).flip(-1).cummax(-1).values.flip(-1)
    return windows.masked_fill(later, boundary)


class MLP(nn.Module):
    """El modelo de Bengio: los vectores de los tokens anteriores, uno tras otro, por una capa oculta.

    Cumple el protocolo :class:`siguiente.language_models.protocol.LanguageModel`.

    Parameters
    ----------
    config : MLPConfig
        La forma de la red.
    seed : int
        Semilla de los pesos iniciales.

    Notes
    -----
    Es el modelo de :cite:t:`bengio2003`. La explica la página :ref:`sec-neural`.

    Examples
    --------
    >>> model = MLP(MLPConfig(vocab_size=10, boundary=0))
    >>> model(torch.tensor([[0, 3, 1]])).shape
    torch.Size([1, 3, 10])
    """

    context_length: int | None = None

    def __init__(self, config: MLPConfig, seed: int = 0) -> None:
        super().__init__()
        inputs = (config.order - 1) * config.channels
        self.config, self.vocab_size = config, config.vocab_size
        self.embedding = nn.Embedding(config.vocab_size, config.channels)
        self.hidden, self.head = nn.Linear(inputs, config.hidden), nn.Linear(config.hidden, config.vocab_size)
        self.direct = nn.Linear(inputs, config.vocab_size, bias=False) if config.direct else None
        initialise(self, seed)

    def forward(self, ids: Tensor) -> Tensor:
        """Predice el token siguiente en todas las posiciones: (B, T) pasa a logits (B, T, V)."""
        return self.predict(self._joined(ids, None))

    def predict(self, text: Tensor) -> Tensor:
        """De textos con su contexto delante, (B, n - 2 + T), a logits (B, T, V)."""
        windows = context_windows(text, self.config.order - 1, self.config.boundary)
        x = self.embedding(windows).flatten(2)  # (B, T, (n - 1)·C)
        logits = self.head(torch.tanh(self.hidden(x)))
        return logits if self.direct is None else logits + self.direct(x)

    @torch.inference_mode()
    def step(self, ids: Tensor, state: LastTokens | None = None, last: int = 1) -> tuple[Tensor, LastTokens]:
        """Lee T tokens y devuelve los logits de las últimas posiciones, (B, last, V), y el contexto nuevo.

        Raises
        ------
        ValueError
            Si `ids` no es (B, T) con tokens del vocabulario, si `last` no está entre 1 y T o si el estado es
            de otro modelo.
        """
        check_step(ids, last)
        check_tokens(ids, self.vocab_size)
        check_state(state, LastTokens, "ids", self.config.order - 2)
        text, size = self._joined(ids, state), self.config.order - 2
        return self.predict(text[:, text.shape[1] - last - size :]), LastTokens(
            text[:, text.shape[1] - size :]
        )

    def _joined(self, ids: Tensor, state: LastTokens | None) -> Tensor:
        """Pone delante los n - 2 tokens que hacen falta para la primera posición."""
        start = ids.new_full((1, self.config.order - 2), self.config.boundary)
        past = start if state is None else state.ids
        return torch.cat([past.expand(len(ids), -1), ids], 1)


@dataclass(frozen=True, eq=False)
class HiddenVector:
    """El estado de una GRU: un vector por texto, (B, números del estado), que resume todo lo leído."""

    vector: Tensor

    def repeat(self, n: int) -> Self:
        """Repite cada fila `n` veces seguidas."""
        return type(self)(self.vector.repeat_interleave(n, 0))

    def select(self, rows: Tensor) -> Self:
        """Elige filas por su índice."""
        return type(self)(self.vector[rows])


def gru_cell(x: Tensor, h: Tensor, rnn: nn.GRU) -> Tensor:
    """Un paso de la GRU: mezcla lo que recuerda con lo que acaba de leer.

    Parameters
    ----------
    x : Tensor
        El vector del token, (B, C).
    h : Tensor
        El estado anterior, (B, números del estado).
    rnn : nn.GRU
        De ella se toman los pesos.

    Returns
    -------
    Tensor
        El estado nuevo, como `h`.

    Notes
    -----
    La versión de PyTorch, en la que la compuerta de reinicio se aplica después de la matriz, es casi la de
    :cite:t:`cho2014`. La explica la página :ref:`sec-neural`.

    Examples
    --------
    >>> rnn, x, h = nn.GRU(2, 3), torch.ones(1, 2), torch.zeros(1, 3)
    >>> torch.allclose(gru_cell(x, h, rnn), rnn(x)[0], atol=1e-6)
    True
    """
    weight_x, weight_h, bias_x, bias_h = rnn.all_weights[0]
    x_reset, x_update, x_new = F.linear(x, weight_x, bias_x).chunk(3, -1)
    h_reset, h_update, h_new = F.linear(h, weight_h, bias_h).chunk(3, -1)
    reset, update = (x_reset + h_reset).sigmoid(), (x_update + h_update).sigmoid()
    candidate = torch.tanh(x_new + reset * h_new)
    return update * h + (1 - update) * candidate


class GRU(nn.Module):
    """Una red recurrente con compuertas: lee los tokens de uno en uno y guarda lo leído en un vector.

    Cumple el protocolo :class:`siguiente.language_models.protocol.LanguageModel`.

    Parameters
    ----------
    config : GRUConfig
        La forma de la red.
    seed : int
        Semilla de los pesos iniciales.

    Notes
    -----
    La red es la de :cite:t:`cho2014`. La explica la página :ref:`sec-neural`.

    Examples
    --------
    >>> model = GRU(GRUConfig(vocab_size=10))
    >>> model(torch.tensor([[0, 3, 1]])).shape
    torch.Size([1, 3, 10])
    """

    context_length: int | None = None

    def __init__(self, config: GRUConfig, seed: int = 0) -> None:
        super().__init__()
        self.config, self.vocab_size = config, config.vocab_size
        self.embedding = nn.Embedding(config.vocab_size, config.channels)
        self.rnn = nn.GRU(config.channels, config.hidden, batch_first=True)
        self.head = nn.Linear(config.hidden, config.vocab_size)
        if config.tied:
            self.head.weight = self.embedding.weight
        initialise(self, seed)

    def forward(self, ids: Tensor) -> Tensor:
        """Predice el token siguiente en todas las posiciones: (B, T) pasa a logits (B, T, V)."""
        return self.head(self.rnn(self.embedding(ids))[0])

    @torch.inference_mode()
    def step(
        self, ids: Tensor, state: HiddenVector | None = None, last: int = 1
    ) -> tuple[Tensor, HiddenVector]:
        """Lee T tokens y devuelve los logits de las últimas posiciones, (B, last, V), y el vector nuevo.

        Raises
        ------
        ValueError
            Si `ids` no es (B, T) con tokens del vocabulario, si `last` no está entre 1 y T o si el estado es
            de otro modelo.
        """
        check_step(ids, last)
        check_tokens(ids, self.vocab_size)
        check_state(state, HiddenVector, "vector", self.config.hidden)
        before = None if state is None else state.vector.expand(len(ids), -1)[None].contiguous()
        outputs, vector = self.rnn(self.embedding(ids), before)
        return self.head(outputs[:, -last:]), HiddenVector(vector[0])


def initialise(model: nn.Module, seed: int) -> None:
    """Da a cada peso su valor inicial: cero a los sesgos y, a las matrices, el azar de la semilla."""
    generator = torch.Generator().manual_seed(seed)
    for weight in model.parameters():
        if weight.ndim < 2:
            nn.init.zeros_(weight)
        else:
            nn.init.normal_(weight, std=1 / math.sqrt(weight.shape[1]), generator=generator)


def check_positive(config: MLPConfig | GRUConfig, *names: str) -> None:
    """Comprueba que unas dimensiones son al menos 1."""
    for field in fields(config):
        if field.name in names and getattr(config, field.name) < 1:
            raise ValueError(f"`{field.name}` debe ser al menos 1, y vale {getattr(config, field.name)}.")


def check_state(state: object, kind: type, field: str, size: int) -> None:
    """Comprueba que un estado es de la clase del modelo y de su tamaño, o ninguno."""
    if state is None:
        return
    said = "dele el que devolvió su propio `step`."
    if not isinstance(state, kind):
        raise ValueError(
            f"El estado es un `{type(state).__name__}` y el modelo usa `{kind.__name__}`: {said}"
        )
    if (found := getattr(state, field).shape[-1]) != size:
        raise ValueError(f"El estado es de tamaño {found} y el modelo lo usa de {size}: {said}")


def check_tokens(ids: Tensor, vocab_size: int) -> None:
    """Comprueba que unos tokens son del vocabulario."""
    if ids.min() < 0 or ids.max() >= vocab_size:
        raise ValueError(
            f"Hay un token fuera del vocabulario (de 0 a {vocab_size - 1}): ¿es de otro tokenizador?"
        )
