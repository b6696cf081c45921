"""Sumar con palabras: un GPT muy pequeño que escribe el resultado, con los pasos delante o sin ellos."""

from collections.abc import Iterator, Sequence
from functools import cache

from torch import Tensor

from siguiente.course.data.sums import LIMIT, Sum, number_words
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.sampling import Choose, generate_batch, greedy
from siguiente.language_models.training import TrainingConfig, steps
from siguiente.language_models.windows import (
    IGNORED,
    cut_windows,
    find_windows,
    shuffled_windows,
    token_stream,
)
from siguiente.language_models.words import WordTokenizer
from siguiente.transformers.gpt import GPT, GPTConfig

CONTEXT = 64  # la suma más larga, con sus pasos, cabe


def make_sum_model(seed: int = 0) -> TextModel[GPT]:
    """Construye el GPT de las sumas, todavía sin entrenar, con un token por palabra.

    >>> model = make_sum_model()
    >>> sum(weights.numel() for weights in model.model.parameters())
    126976
    """
    tokenizer = sum_tokenizer()
    config = GPTConfig(tokenizer.vocab_size, CONTEXT, layers=2, heads=4, channels=64)
    return TextModel(GPT(config, seed), tokenizer)


@cache
def sum_tokenizer() -> WordTokenizer:
    """El tokenizador de las sumas: conoce los números, con espacio delante y sin él, y lo que los une."""
    words, example = [number_words(n) for n in range(LIMIT)], Sum(99, 99)
    later = (f" {word}" for word in words)
    return WordTokenizer.from_texts([*words, *later, example.question + example.solution(steps=True)])


def train_sums(
    model: TextModel[GPT], sums: Sequence[Sum], worked: bool, config: TrainingConfig
) -> Iterator[float]:
    """Entrena con unas sumas resueltas y da la pérdida de cada paso, en nats por token de la solución.
    El modelo es el de :func:`make_sum_model` y se entrena en su sitio; con `worked`, las soluciones llevan
    sus pasos. De `config` no cuentan `length` ni `boundary`. La pregunta se lee, pero no se aprende a
    predecirla: qué números se suman es azar.

    >>> model, config = make_sum_model(), TrainingConfig(steps=8, batch_size=4)
    >>> losses = list(train_sums(model, [Sum(2, 3), Sum(4, 4)], worked=False, config=config))
    >>> losses[-1] < losses[0]
    True
    """
    end = model.tokenizer.eos_id
    stream = token_stream(model.tokenizer, (added.question + added.solution(worked) for added in sums))
    windows = shuffled_windows(find_windows(stream, CONTEXT, end), config.batch_size, config.seed)
    first = model.tokenizer.encode(sums[0].solution(worked))[0]
    batches = (solution_only(*cut_windows(stream, batch), first) for batch in windows)
    return (loss.item() for loss in steps(model.model, batches, config))


def solution_only(inputs: Tensor, targets: Tensor, first: int) -> tuple[Tensor, Tensor]:
    """Deja de cada fila solo los objetivos desde el primer token de la solución, que no está en la pregunta.

    >>> import torch
    >>> solution_only(torch.tensor([[0, 5, 6, 9]]), torch.tensor([[5, 6, 9, 7]]), first=9)[1]
    tensor([[-100, -100,    9,    7]])
    """
    return inputs, targets.masked_fill((targets == first).cumsum(1) == 0, IGNORED)


def write_sums(
    model: TextModel[GPT], sums: Sequence[Sum], choose: Choose = greedy, n: int = 1
) -> list[list[str]]:
    """Las `n` soluciones que el modelo escribe detrás de cada pregunta; `choose` elige cada token.

    >>> [len(texts) for texts in write_sums(make_sum_model(), [Sum(27, 38), Sum(5, 2)], n=3)]
    [3, 3]
    """
    prompts = [model.encode(added.question) for added in sums for _ in range(n)]
    length = CONTEXT - max(map(len, prompts))
    written = generate_batch(model.model, prompts, length, choose, model.tokenizer.eos_id)
    texts = [model.decode(ids) for ids in written]
    return [texts[row : row + n] for row in range(0, len(texts), n)]
