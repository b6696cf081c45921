"""Las plantillas de los tuits y lo que cambia con ellas."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from siguiente.language_models.completions import CompletionScores, score_completions
from siguiente.language_models.protocol import LanguageModel, TextModel
from siguiente.prompting.templates import Template


@dataclass(frozen=True)
class TweetTemplate:
    """La misma pregunta sobre un tweet en dos formas: libre y con las categorías a la vista."""

    name: str
    free: Template
    listed: Template


OPENINGS = {
    "feed": "El usuario <usuario> publicó en su feed: <tweet>. ",
    "cita": "Tweet de <usuario>: «<tweet>»\n",
}
QUESTIONS = {
    "referencia": (
        "Este tweet hace referencia a",
        "Considerando las categorías ALIMENTACIÓN, DEPORTES y RETAIL, "
        "este tweet hace referencia claramente a",
    ),
    "tema": (
        "El tema de este mensaje es",
        "Las opciones son ALIMENTACIÓN, DEPORTES y RETAIL. El tema de este mensaje es",
    ),
    "trata": (
        "Este mensaje trata sobre",
        "Considerando las categorías ALIMENTACIÓN, DEPORTES y RETAIL, este mensaje trata sobre",
    ),
    "ficha": ("Categoría:", "Categorías: ALIMENTACIÓN, DEPORTES, RETAIL. Categoría:"),
    "palabra": (
        "En una palabra, habla de",
        "Las opciones son ALIMENTACIÓN, DEPORTES y RETAIL. En una palabra, habla de",
    ),
    "relación": (
        "Este tweet está relacionado con",
        "Las opciones son ALIMENTACIÓN, DEPORTES y RETAIL. Este tweet está relacionado con",
    ),
}
TWEET_TEMPLATES = tuple(
    TweetTemplate(f"{opening}, {question}", Template(start + free), Template(start + listed))
    for opening, start in OPENINGS.items()
    for question, (free, listed) in QUESTIONS.items()
)
#: Los nombres de las dos formas, en el orden en que se puntúan.
FORMS = ("libre", "con categorías")


def tweet_prompts(templates: Sequence[TweetTemplate], tweet: str) -> list[str]:
    """Rellena cada plantilla con un tweet: primero la forma libre y después la que nombra las categorías.

    >>> tweet_prompts(TWEET_TEMPLATES[:1], "Hoy no hay pan")[0]
    'El usuario @ana publicó en su feed: Hoy no hay pan. Este tweet hace referencia a'
    """
    values = {"usuario": "@ana", "tweet": tweet}
    return [form.fill(values) for template in templates for form in (template.free, template.listed)]


def score_forms(
    model: TextModel[LanguageModel],
    templates: Sequence[TweetTemplate],
    tweets: Sequence[str],
    labels: Sequence[str],
) -> CompletionScores:
    """Puntúa cada etiqueta entera con todas las plantillas, en una sola pasada: tensores (N, K, 2, C).
    Son N tweets, K plantillas, sus formas en el orden de `FORMS` y C etiquetas, con su espacio inicial. Lo
    que comparten las plantillas de un tweet, que es el tweet, se lee una vez.

    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> uniform = TextModel(UniformModel(258), ByteTokenizer())
    >>> score_forms(uniform, TWEET_TEMPLATES, ["Hoy no hay pan"], [" sí", " no"]).logprobs.shape
    torch.Size([1, 12, 2, 2])
    """
    prompts = [prompt for tweet in tweets for prompt in tweet_prompts(templates, tweet)]
    scores = score_completions(model, prompts, labels)
    shape = len(tweets), len(templates), len(FORMS), len(labels)
    return CompletionScores(scores.logprobs.view(shape), scores.tokens.view(shape))


def mention_effect(scores: Tensor) -> Tensor:
    """Cuánto sube la probabilidad total de las etiquetas cuando el prompt las nombra, (N, K, 2, C) -> (N, K).
    Entran nats y salen órdenes de magnitud: 1 significa diez veces más probable.

    >>> import torch
    >>> free, listed = torch.tensor([0.001, 0.001]).log(), torch.tensor([0.1, 0.1]).log()
    >>> mention_effect(torch.stack([free, listed]).view(1, 1, 2, 2))
    tensor([[2.]])
    """
    free, listed = scores.logsumexp(-1).unbind(2)
    return (listed - free) / math.log(10)
