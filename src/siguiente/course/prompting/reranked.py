"""Lo que Gemma da a cada pregunta tras ocho pasajes: se puntúa una vez y se anota."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import torch
from torch import Tensor

from siguiente.course.data.passages import OTHER_WORDS, load_passages, load_questions
from siguiente.llm.embeddings import embed_hidden
from siguiente.llm.files.loading import opened
from siguiente.prompting.retrieval import cosine_scores, rerank
from siguiente.runtime.trained import Part, Run, Trained

BASE = "gemma-3-270m"
K = 8  # pasajes que se leen por pregunta
READ = 2  # preguntas que se vuelven a puntuar para comprobar los pesos


def load_reranked() -> Tensor:
    """Abre las puntuaciones, (Q, N), que da :func:`~siguiente.prompting.retrieval.rerank` a las preguntas de
    prueba con otras palabras y a los pasajes traducidos; si faltan, puntúa. Son los nats de los ocho pasajes
    que se leyeron y :math:`-\\infty` en los demás.
    """
    rows = RERANKED.rows()
    result = torch.full((len(rows), len(passages())), -torch.inf)
    for scores, row in zip(result, rows, strict=True):
        places, found = zip(*row, strict=True)
        scores[list(places)] = torch.tensor(found)
    return result


def questions() -> list[str]:
    """Las preguntas de prueba que no usan las palabras de su pasaje."""
    return [question.text for question in load_questions("test") if question.kind == OTHER_WORDS]


def passages() -> list[str]:
    """Los pasajes por los que se pregunta en la prueba, que son los traducidos."""
    return [passage.text for passage in load_passages() if passage.english]


@cache
def first_search() -> Tensor:
    """La búsqueda que se reordena, (Q, N), la misma que hace la página."""
    asked, read = (embed_hidden(opened(BASE), texts) for texts in (questions(), passages()))
    return cosine_scores(asked - asked.mean(0), read - read.mean(0))


def reranked(chosen: slice) -> Tensor:
    """Reordena los pasajes de unas preguntas, lo mismo que hace la página."""
    return rerank(opened(BASE), questions()[chosen], passages(), first_search()[chosen], K)


def sweep(part: Part) -> Run:
    """Puntúa las preguntas, una a una."""

    def rows() -> Iterator[Any]:
        for i in range(len(questions())):
            [scores] = reranked(slice(i, i + 1))
            read = scores.isfinite().nonzero().flatten().tolist()
            yield [[j, round(scores[j].item(), 3)] for j in read]

    def measure(rows: list[Any]) -> list[float]:
        scores = reranked(slice(READ))
        found: list[float] = scores[scores.isfinite()].tolist()
        return found

    return Run(None, rows(), measure)


RERANKED = Trained("reranked", __name__, sweep)
