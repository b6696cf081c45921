"""Un modelo con memoria, pequeño y al azar: basta para comprobar lo que se apoya en el protocolo."""

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from siguiente.language_models.text import ByteTokenizer, TextModel


@dataclass(frozen=True)
class Hidden:
    vector: Tensor

    def repeat(self, n):
        return Hidden(self.vector.repeat_interleave(n, 1))

    def select(self, rows):
        return Hidden(self.vector[:, rows])


class RandomGRU:
    """Cuenta las posiciones que lee, para ver que lo común se lee una vez."""

    def __init__(self, vocab_size=258, width=16, context_length=None):
        torch.manual_seed(0)
        self.vocab_size, self.context_length, self.read = vocab_size, context_length, 0
        self.embedding, self.rnn = nn.Embedding(vocab_size, width), nn.GRU(width, width, batch_first=True)
        self.head = nn.Linear(width, vocab_size)

    @torch.inference_mode()
    def step(self, ids, state=None, last=1):
        self.read += ids.numel()
        hidden = None if state is None else state.vector.expand(-1, ids.shape[0], -1).contiguous()
        out, vector = self.rnn(self.embedding(ids) * 3, hidden)
        return self.head(out[:, -last:]) * 3, Hidden(vector)


@pytest.fixture
def gru():
    return RandomGRU()


@pytest.fixture
def text_gru(gru):
    return TextModel(gru, ByteTokenizer())
