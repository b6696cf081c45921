"""Sumar con palabras: el GPT muy pequeño que aprende, con los pasos o sin ellos, y cómo se verifica."""

from collections.abc import Iterator, Sequence
from functools import cache

import torch
from torch import Tensor

from siguiente.course.data.sums import LIMIT, Column, Sum, number_words, read_column, read_number
from siguiente.evaluation.selection import NO_ANSWER
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

    >>> solution_only(torch.tensor([[0, 5, 6, 9]]), torch.tensor([[5, 6, 9, 7]]), first=9)[1]
    tensor([[-100, -100,    9,    7]])
    """
    return inputs, targets.masked_fill((targets == first).cumsum(1) == 0, IGNORED)


def train_adder(sums: Sequence[Sum], worked: bool, steps: int) -> tuple[TextModel[GPT], list[float]]:
    """Entrena un modelo de las sumas desde los mismos pesos iniciales y da la pérdida de cada paso."""
    model = make_sum_model(seed=0)
    config = TrainingConfig(steps, batch_size=32, learning_rate=8e-3, warmup=50, weight_decay=0.01)
    return model, list(train_sums(model, sums, worked, config))


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


def written_answer(text: str) -> int:
    """El número que sigue al último «son», o `NO_ANSWER`.

    >>> written_answer(": siete más ocho, quince; dos más tres más uno, seis; son sesenta y cinco")
    65
    """
    _, son, words = text.rpartition(" son ")
    number = read_number(words)
    return number if son and number is not None else NO_ANSWER


def answers(written: Sequence[Sequence[str]]) -> Tensor:
    """Las respuestas de N preguntas con n soluciones cada una, (N, n).

    >>> answers([[" son dos", " son"], [" son diez", " son diez"]])
    tensor([[ 2, -1],
            [10, 10]])
    """
    return torch.tensor([[written_answer(text) for text in texts] for texts in written])


def written_columns(text: str) -> list[Column | None]:
    """Los pasos escritos antes de «son», en orden; `None` donde no se entiende.

    >>> written_columns(": siete más ocho, catorce; son quince")
    [Column(digits=(7, 8), total=14)]
    """
    head, _, _ = text.rpartition("; son ")
    return [read_column(step) for step in head.removeprefix(": ").split("; ")]


def steps_hold(text: str) -> bool:
    """Dice si los pasos están bien sumados y dan el resultado escrito; no mira la pregunta.

    >>> steps_hold(": siete más ocho, quince; dos más tres más uno, seis; son sesenta y cinco")
    True
    >>> steps_hold(": siete más ocho, catorce; dos más tres más uno, seis; son sesenta y cuatro")
    False
    """
    result, carry, place = 0, 0, 1
    for column in written_columns(text):
        if column is None or sum(column.digits) != column.total or max(column.digits) > 9:
            return False
        if column.digits[2:] != (1,) * carry:
            return False
        result += column.total % 10 * place
        carry, place = column.total // 10, 10 * place
    return result + carry * place == written_answer(text)


def casts_out_nines(added: Sum, text: str) -> bool:
    """La prueba del nueve: el resultado y los sumandos dejan el mismo resto al dividirse entre 9.
    Un resultado correcto la pasa siempre; uno equivocado al azar, una vez de cada nueve.

    >>> casts_out_nines(Sum(27, 38), " son sesenta y cinco"), casts_out_nines(Sum(27, 38), " son cincuenta")
    (True, False)
    """
    answer = written_answer(text)
    return answer != NO_ANSWER and answer % 9 == sum(added) % 9


def count_tokens(sums: Sequence[Sum], worked: bool) -> int:
    """Los tokens de unas sumas resueltas, con los pasos escritos o sin ellos.

    >>> [count_tokens([Sum(2, 3)], worked) for worked in (False, True)]
    [6, 13]
    """
    encode = make_sum_model().encode
    return sum(len(encode(added.question + added.solution(worked))) for added in sums)


def sum_kinds(sums: Sequence[Sum]) -> dict[str, Tensor]:
    """Qué sumas son de cada clase, por sus cifras y por si se lleva alguna: cuatro filas (N,).

    >>> {name: rows.tolist() for name, rows in sum_kinds([Sum(27, 38), Sum(123, 456)]).items() if rows.any()}
    {'2 cifras, llevando': [True, False], '3 cifras, sin llevar': [False, True]}
    """
    digits = torch.tensor([len(added.columns) for added in sums])
    carry = torch.tensor([added.carries > 0 for added in sums])
    names = {False: "sin llevar", True: "llevando"}
    return {
        f"{n} cifras, {names[carried]}": (digits == n) & (carry == carried)
        for n in (2, 3)
        for carried in names
    }
