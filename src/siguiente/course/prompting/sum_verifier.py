"""Verificar una suma escrita sin saber el resultado: leer sus pasos, o hacer la prueba del nueve."""

from collections.abc import Sequence

import torch
from torch import Tensor

from siguiente.course.data.sums import Column, Sum, read_column, read_number
from siguiente.evaluation.selection import NO_ANSWER


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
