"""La página de la atención: copiar una palabra lejana, con ella y sin ella, y lo que satura."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from siguiente.language_models.training import TrainingConfig, steps
from siguiente.language_models.windows import IGNORED
from siguiente.transformers.attention import MultiHeadAttention

# Cuarenta palabras con que se forman las frases; el separador va detrás, con el número 40.
WORDS = (  # noqa: SIM905 (una lista ocuparía cuarenta líneas)
    "el la una en de con sobre gato perro niña abuelo luna sol río casa silla mesa puerta ventana árbol "
    "flor pan libro carta tren barco mar cielo noche calle duerme corre canta mira lee espera vuelve "
    "vieja azul grande"
).split()


def word_ids(text: str) -> Tensor:
    """Los números de las palabras de una frase, todas de `WORDS`, (1, n).

    >>> word_ids("el gato duerme")
    tensor([[ 0,  7, 30]])
    """
    return torch.tensor([[WORDS.index(word) for word in text.split()]])


def copy_row(sequences: Tensor, separator: int) -> tuple[Tensor, Tensor]:
    """Pone cada secuencia, (B, n), el separador y otra vez la secuencia; da lo que se lee y lo que sigue a
    cada token, (B, 2n). Lo que sigue a los n primeros no se puntúa.

    >>> inputs, targets = copy_row(torch.tensor([[7, 3]]), separator=9)
    >>> inputs, targets == IGNORED
    (tensor([[7, 3, 9, 7]]), tensor([[ True,  True, False, False]]))
    """
    rows = torch.cat([sequences, torch.full_like(sequences[:, :1], separator), sequences], 1)  # (B, 2n + 1)
    targets = rows[:, 1:].clone()
    targets[:, : sequences.shape[1]] = IGNORED
    return rows[:, :-1], targets


def copy_batch(count: int, length: int, words: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Frases al azar de palabras distintas, listas para copiar: :func:`copy_row`."""
    order = torch.rand(count, words, generator=generator).argsort(1)  # una permutación por fila
    return copy_row(order[:, :length], separator=words)


class Copier(nn.Module):
    """Una red recurrente lee la frase y otra la escribe, con atención o sin ella.

    Sin atención, la que escribe solo recibe el último vector de la que lee: es la arquitectura de
    :cite:t:`sutskever2014`. Con ella puede mirar los vectores de todas las palabras leídas: es, en lo
    esencial, la de :cite:t:`bahdanau2015`, con productos escalares en lugar de una red que compara. La página
    :ref:`sec-attention` las enfrenta.

    >>> Copier(words=40, channels=8)(torch.tensor([[7, 3, 40, 7]])).shape
    torch.Size([1, 4, 41])
    """

    def __init__(self, words: int, channels: int, attention: bool = True, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.tokens = nn.Embedding(words + 1, channels)
            self.reader = nn.GRU(channels, channels, batch_first=True)
            self.writer = nn.GRU(channels, channels, batch_first=True)
            self.attention = MultiHeadAttention(channels, heads=1) if attention else None
            self.head = nn.Linear(channels, words + 1)

    def forward(self, ids: Tensor) -> Tensor:
        """Predice el token siguiente: de (B, 2n) a logits (B, 2n, V); los n primeros no sirven."""
        states, mask = self._read_and_write(ids)
        if self.attention is not None:
            states = states + self.attention(states, mask)[0]
        return self.head(states)

    def weights(self, ids: Tensor) -> Tensor:
        """Cuánto mira cada palabra que se escribe (fila) a cada una de las leídas: (B, n, n)."""
        if self.attention is None:
            raise ValueError("Esta red no tiene atención: no hay pesos que mirar.")
        n = ids.shape[1] // 2
        return self.attention(*self._read_and_write(ids))[1][:, 0, n:, :n]

    def _read_and_write(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Los vectores de ambas redes, (B, 2n, C), y la máscara: solo se puede mirar lo leído."""
        n, x = ids.shape[1] // 2, self.tokens(ids)
        read, last = self.reader(x[:, :n])
        written, _ = self.writer(x[:, n:], last)
        return torch.cat([read, written], 1), (torch.arange(2 * n) < n).expand(2 * n, 2 * n)


def train_copier(model: Copier, words: int, longest: int, config: TrainingConfig) -> Iterator[float]:
    """Entrena con frases nuevas de 1 a `longest` palabras y da la pérdida de cada paso, en nats por palabra.

    >>> config = TrainingConfig(steps=40, batch_size=8, learning_rate=0.05)
    >>> losses = list(train_copier(Copier(words=3, channels=8), 3, 2, config))
    >>> losses[-1] < losses[0]
    True
    """
    batches = copy_batches(words, longest, config)
    return (loss.item() for loss in steps(model, batches, config))


def copy_batches(words: int, longest: int, config: TrainingConfig) -> Iterator[tuple[Tensor, Tensor]]:
    """Da sin fin lotes de frases nuevas, cada uno de una longitud al azar."""
    generator = torch.Generator().manual_seed(config.seed)
    while True:
        length = int(torch.randint(1, longest + 1, (), generator=generator))
        yield copy_batch(config.batch_size, length, words, generator)


@torch.no_grad()
def copied(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Qué frases se copian enteras, (B,), con la palabra más probable en cada sitio.
    Se le da la frase correcta hasta cada palabra. Para contar copias sin ningún fallo es lo mismo que dejarle
    escribir: hasta el primer fallo, lo escrito es lo correcto.

    >>> copied(Copier(words=40, channels=8), copy_batch(3, 20, 40, torch.Generator().manual_seed(0)))
    tensor([False, False, False])
    """
    inputs, targets = batch
    return ((model(inputs).argmax(-1) == targets) | (targets == IGNORED)).all(1)


def copied_by_length(model: nn.Module, lengths: Sequence[int], count: int, words: int, seed: int) -> Tensor:
    """Qué frases nuevas se copian enteras, (count, K): una columna por longitud."""
    generator = torch.Generator().manual_seed(seed)
    return torch.stack([copied(model, copy_batch(count, n, words, generator)) for n in lengths], 1)


class ScoreSample(NamedTuple):
    """Lo que ocurre con unas consultas y claves al azar."""

    scores: Tensor
    """Productos escalares, (N, K), con una fila por consulta y una columna por clave."""
    top: Tensor
    """El mayor peso de cada consulta, (N,)."""
    slack: Tensor
    """Cuánto se movería el softmax de cada consulta, (N,), según :func:`softmax_slack`."""


def softmax_slack(weights: Tensor) -> Tensor:
    """Traza de la derivada del softmax, (..., K) -> (...): cuánto cambian los pesos si cambian sus entradas.

    La derivada de :math:`p=\\mathrm{softmax}(z)` es :math:`\\mathrm{diag}(p)-pp^\\top`, y su traza,
    :math:`1-\\sum_i p_i^2`: entre 0, si un peso se lo lleva todo y ya nada se mueve, y 1 - 1/K.

    >>> softmax_slack(torch.tensor([[0.5, 0.5], [1.0, 0.0]]))
    tensor([0.5000, 0.0000])
    """
    return 1 - weights.square().sum(-1)


def sample_scores(dimension: int, queries: int, keys: int, generator: Generator, scaled: bool) -> ScoreSample:
    """Compara N consultas con K claves cada una, de D números normales, de media 0 y varianza 1.
    Con `scaled`, los productos se dividen entre la raíz de D.

    >>> sample = sample_scores(64, 500, 10, torch.Generator().manual_seed(0), scaled=False)
    >>> round(sample.scores.var().item())  # la varianza es la dimensión
    64
    """
    q = torch.randn(queries, 1, dimension, generator=generator)
    k = torch.randn(queries, keys, dimension, generator=generator)
    scores = (q * k).sum(-1) / (math.sqrt(dimension) if scaled else 1)  # (N, K)
    weights = scores.softmax(-1)
    return ScoreSample(scores, weights.amax(-1), softmax_slack(weights))
