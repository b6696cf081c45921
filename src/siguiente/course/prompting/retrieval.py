"""La página de buscar: lo que Gemma da a cada pregunta tras ocho pasajes, que se puntúa una vez."""

from collections.abc import Iterator
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
        for place, nats in row:
            scores[place] = nats
    return result


def questions() -> list[str]:
    """Las preguntas de prueba que no usan las palabras de su pasaje."""
    return [question.text for question in load_questions("test") if question.kind == OTHER_WORDS]


def passages() -> list[str]:
    """Los pasajes por los que se pregunta en la prueba, que son los traducidos."""
    return [passage.text for passage in load_passages() if passage.english]


def score_read(part: Part) -> Run:
    """Reordena, pregunta a pregunta, lo que encuentra la primera búsqueda, lo mismo que hace la página."""
    gemma, asked, texts = opened(BASE), questions(), passages()
    vectors = (embed_hidden(gemma, some) for some in (asked, texts))
    search = cosine_scores(*(each - each.mean(0) for each in vectors))  # (Q, N)

    def reranked(chosen: slice) -> Tensor:
        return rerank(gemma, asked[chosen], texts, search[chosen], K)

    def rows() -> Iterator[list[tuple[int, float]]]:
        for i in range(len(asked)):
            [scores] = reranked(slice(i, i + 1))
            places = scores.isfinite().nonzero().flatten().tolist()
            yield [(place, round(scores[place].item(), 3)) for place in places]

    def measure(rows: list[Any]) -> list[float]:
        scores = reranked(slice(READ))
        found: list[float] = scores[scores.isfinite()].tolist()
        return found

    return Run(None, rows(), measure)


RERANKED = Trained("reranked", __name__, score_read)
