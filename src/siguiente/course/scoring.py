"""Puntuar con un modelo, una sola vez, lo que una página pregunta: se anota con tres decimales."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from torch import Tensor

from siguiente.runtime.trained import Run


def scoring(
    score: Callable[[Sequence[Any]], Tensor], batches: Iterable[Sequence[Any]], checked: Sequence[Any]
) -> Run:
    """Puntúa unas tandas, con un informe por tanda; `checked` se puntúa otra vez para comprobar los pesos."""
    reports = (thousandths(score(batch).tolist()) for batch in batches)
    return Run(None, reports, lambda rows: score(checked).flatten().tolist())


def batches(cases: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Reparte unos casos, en su orden, en tandas de `size`.

    >>> list(batches("abcde", 2))
    ['ab', 'cd', 'e']
    """
    return (cases[start : start + size] for start in range(0, len(cases), size))


def thousandths(values: Any) -> Any:
    """Redondea a milésimas los números de unas listas, quizá unas dentro de otras.

    >>> thousandths([[0.12345], [1.0]])
    [[0.123], [1.0]]
    """
    return [thousandths(each) for each in values] if isinstance(values, list) else round(values, 3)
