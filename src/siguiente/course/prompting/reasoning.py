"""Pensar por escrito: entrenar el modelo que suma, contar lo que lee y agrupar las sumas."""

from collections.abc import Sequence

import torch
from torch import Tensor

from siguiente.course.data.sums import Sum
from siguiente.course.prompting.sum_task import make_sum_model, train_sums
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.training import TrainingConfig
from siguiente.transformers.gpt import GPT


def train_adder(sums: Sequence[Sum], worked: bool, steps: int) -> tuple[TextModel[GPT], list[float]]:
    """Entrena un modelo de las sumas desde los mismos pesos iniciales y da la pérdida de cada paso."""
    model = make_sum_model(seed=0)
    config = TrainingConfig(steps, batch_size=32, learning_rate=8e-3, warmup=50, weight_decay=0.01)
    return model, list(train_sums(model, sums, worked, config))


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
