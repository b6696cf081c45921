"""Una red recurrente con puertas: lee un token cada vez y lo resume en un vector."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from siguiente.language_models.protocol import TensorState, check_positive, initialise


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


def gru_cell(x: Tensor, h: Tensor, rnn: nn.GRU) -> Tensor:
    """Un paso de la GRU: mezcla lo que recuerda, `h`, con el vector del token que acaba de leer, (B, C).

    La versión de PyTorch, en la que la compuerta de reinicio se aplica después de la matriz, es casi la de
    :cite:t:`cho2014`. La explica la página :ref:`sec-recurrent`.

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

    La red es la de :cite:t:`cho2014`. La explica la página :ref:`sec-recurrent`. Cumple el protocolo
    :class:`siguiente.language_models.protocol.LanguageModel`.

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
        self, ids: Tensor, state: TensorState | None = None, last: int = 1
    ) -> tuple[Tensor, TensorState]:
        """Lee T tokens y devuelve los logits de las últimas posiciones, (B, last, V), y el vector nuevo."""
        before = None if state is None else state.tensor.expand(len(ids), -1)[None].contiguous()
        outputs, vector = self.rnn(self.embedding(ids), before)
        return self.head(outputs[:, -last:]), TensorState(vector[0])
