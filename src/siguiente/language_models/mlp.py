"""Una red que lee los últimos tokens: los vectores de cada uno, juntos, y una capa oculta."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from siguiente.language_models.protocol import TensorState, check_positive, initialise


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
    """

    vocab_size: int
    boundary: int
    order: int = 5
    channels: int = 32
    hidden: int = 128

    def __post_init__(self) -> None:
        check_positive(self, "vocab_size", "channels", "hidden")
        if self.order < 2:
            raise ValueError(f"`order` debe ser al menos 2, para que haya contexto, y vale {self.order}.")
        if not 0 <= self.boundary < self.vocab_size:
            raise ValueError(
                f"`boundary` debe ser un token, de 0 a {self.vocab_size - 1}: es {self.boundary}."
            )


def context_windows(text: Tensor, n: int, boundary: int) -> Tensor:
    """Los `n` últimos tokens que ve cada posición, sin nada de otro texto: (B, n - 1 + T) pasa a (B, T, n).

    Delante van los n - 1 tokens anteriores. El límite ocupa también el sitio de lo que hay antes de él.

    >>> context_windows(torch.tensor([[5, 6, 0, 7]]), n=3, boundary=0).tolist()
    [[[0, 0, 0], [0, 0, 7]]]
    """
    windows = text.unfold(1, n, 1)  # (B, T, n)
    later = (windows == boundary).flip(-1).cummax(-1).values.flip(-1)
    return windows.masked_fill(later, boundary)


class MLP(nn.Module):
    """El modelo de Bengio: los vectores de los tokens anteriores, uno tras otro, por una capa oculta.

    Es el de :cite:t:`bengio2003`. Lo explica la página :ref:`sec-neural`. Cumple el protocolo
    :class:`siguiente.language_models.protocol.LanguageModel`.

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
        initialise(self, seed)

    def forward(self, ids: Tensor) -> Tensor:
        """Predice el token siguiente en todas las posiciones: (B, T) pasa a logits (B, T, V)."""
        return self.predict(self._joined(ids, None))

    def predict(self, text: Tensor) -> Tensor:
        """De textos con su contexto delante, (B, n - 2 + T), a logits (B, T, V)."""
        windows = context_windows(text, self.config.order - 1, self.config.boundary)
        x = self.embedding(windows).flatten(2)  # (B, T, (n - 1)·C)
        return self.head(torch.tanh(self.hidden(x)))

    @torch.inference_mode()
    def step(
        self, ids: Tensor, state: TensorState | None = None, last: int = 1
    ) -> tuple[Tensor, TensorState]:
        """Lee T tokens y devuelve los logits de las últimas posiciones, (B, last, V), y el contexto nuevo."""
        text, start = self._joined(ids, state), ids.shape[1]  # lo último que se lee son n - 2 tokens
        return self.predict(text[:, start - last :]), TensorState(text[:, start:])

    def _joined(self, ids: Tensor, state: TensorState | None) -> Tensor:
        """Pone delante los n - 2 tokens que hacen falta para la primera posición."""
        start = ids.new_full((1, self.config.order - 2), self.config.boundary)
        past = start if state is None else state.tensor
        return torch.cat([past.expand(len(ids), -1), ids], 1)
