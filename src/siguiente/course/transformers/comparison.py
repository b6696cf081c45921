"""La página de comparar: lo que Gemma paga por los cuentos apartados, en frío y tras leer otros."""

from collections.abc import Sequence

import torch
from torch import Tensor

from siguiente.course.data.stories import load_stories
from siguiente.course.scoring import batches, scoring
from siguiente.language_models.scoring import text_nats
from siguiente.llm.files.loading import opened
from siguiente.runtime.trained import Part, Run, Trained

BASE = "gemma-3-270m"
STORIES, TOGETHER = 20, 5  # cuentos que se puntúan, y cuántos de cada vez
#: Cuántos cuentos de entrenamiento lee antes, por nombre de lo anotado.
CONTEXTS = {"cold": 0, "warm": 3}


def story_context(kind: str) -> str:
    """Lo que Gemma lee antes de un cuento, sin pagarlo, en uno de los `CONTEXTS`.

    >>> story_context("cold")
    '\\n\\n'
    >>> story_context("warm").count("\\n\\n")
    3
    """
    return "\n\n".join(load_stories("train", CONTEXTS[kind])) + "\n\n"


def load_gemma_nats(kind: str) -> Tensor:
    """Abre lo que pagó, en nats, por 20 cuentos apartados, (20,), tras uno de los `CONTEXTS`, o puntúa."""
    paid = [nats for some in GEMMA_STORIES.rows(kind) for nats in some]
    return torch.tensor(paid, dtype=torch.double)


def score_stories(part: Part) -> Run:
    """Puntúa los cuentos con un contexto."""
    texts, context = load_stories("test", STORIES), story_context(part.name)

    def paid(some: Sequence[str]) -> Tensor:
        return text_nats(opened(BASE), some, context=context)

    return scoring(paid, batches(texts, TOGETHER), texts[:1])


GEMMA_STORIES = Trained("gemma-stories", __name__, score_stories, parts=tuple(CONTEXTS))
