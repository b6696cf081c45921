"""Lo que Gemma paga por los cuentos apartados, en frío y tras leer otros: se puntúa una vez y se anota."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor

from siguiente.course.data.stories import load_stories
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.scoring import text_nats
from siguiente.llm.pretrained import PretrainedModel
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


@cache
def model() -> TextModel[PretrainedModel]:
    """Gemma, abierta una vez."""
    from siguiente.llm.files.loading import load

    return load(BASE)


def sweep(part: Part) -> Run:
    """Puntúa los cuentos con un contexto."""
    texts, context = load_stories("test", STORIES), story_context(part.name)

    def paid(some: Sequence[str]) -> list[float]:
        return [round(x, 3) for x in text_nats(model(), some, context=context).tolist()]

    def reports() -> Iterator[Any]:
        for start in range(0, STORIES, TOGETHER):
            yield paid(texts[start : start + TOGETHER])

    return Run(None, reports(), lambda rows: paid(texts[:1]))


GEMMA_STORIES = Trained("gemma-stories", __name__, sweep, parts=tuple(CONTEXTS))
