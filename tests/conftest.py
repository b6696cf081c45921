"""Un modelo con memoria, pequeño y al azar: basta para comprobar lo que se apoya en el protocolo."""

import pytest

from siguiente.language_models.neural import GRU, GRUConfig
from siguiente.language_models.text import ByteTokenizer, TextModel


class RandomGRU(GRU):
    """Cuenta las posiciones que lee, para ver que lo común se lee una vez."""

    def __init__(self, vocab_size=258, width=16, context_length=None):
        super().__init__(GRUConfig(vocab_size, width, width))
        self.context_length, self.read = context_length, 0
        for weights in self.parameters():
            weights.data *= 3  # predicciones lejos de la uniforme

    def step(self, ids, state=None, last=1):
        self.read += ids.numel()
        return super().step(ids, state, last)


@pytest.fixture
def gru():
    return RandomGRU()


@pytest.fixture
def text_gru(gru):
    return TextModel(gru, ByteTokenizer())
