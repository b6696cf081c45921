"""La página de puntuar respuestas: unos tweets, doce plantillas y sus etiquetas, puntuadas enteras."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from siguiente.course.data.tweets import load_tweets
from siguiente.course.scoring import thousandths
from siguiente.language_models.completions import CompletionScores, score_completions
from siguiente.language_models.protocol import LanguageModel, TextModel
from siguiente.llm.files.loading import opened
from siguiente.prompting.labels import LabelledText
from siguiente.prompting.templates import Template
from siguiente.runtime.trained import Part, Run, Trained

BASE = "gemma-3-270m"
TWEETS = 72
READ = 2  # tweets que se vuelven a puntuar para comprobar los pesos
#: Los sectores de los tweets y cómo los nombran las plantillas.
CATEGORIES = {"alimentos": "alimentación", "deportes": "deportes", "supermercados": "retail"}


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
OPTIONS = "Las opciones son ALIMENTACIÓN, DEPORTES y RETAIL."
CONSIDERING = "Considerando las categorías ALIMENTACIÓN, DEPORTES y RETAIL,"
QUESTIONS = {
    "referencia": ("Este tweet hace referencia a", f"{CONSIDERING} este tweet hace referencia claramente a"),
    "tema": ("El tema de este mensaje es", f"{OPTIONS} El tema de este mensaje es"),
    "trata": ("Este mensaje trata sobre", f"{CONSIDERING} este mensaje trata sobre"),
    "ficha": ("Categoría:", "Categorías: ALIMENTACIÓN, DEPORTES, RETAIL. Categoría:"),
    "palabra": ("En una palabra, habla de", f"{OPTIONS} En una palabra, habla de"),
    "relación": ("Este tweet está relacionado con", f"{OPTIONS} Este tweet está relacionado con"),
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

    >>> free, listed = torch.tensor([0.001, 0.001]).log(), torch.tensor([0.1, 0.1]).log()
    >>> mention_effect(torch.stack([free, listed]).view(1, 1, 2, 2))
    tensor([[2.]])
    """
    free, listed = scores.logsumexp(-1).unbind(2)
    return (listed - free) / math.log(10)


def category_tweets() -> list[LabelledText]:
    """Los 72 tweets que se puntúan, 24 de cada categoría, que no son los de medir.

    >>> len(category_tweets()), {tweet.label for tweet in category_tweets()} == set(CATEGORIES)
    (72, True)
    """
    pool = load_tweets("development") + load_tweets("examples")
    return [tweet for tweet in pool if tweet.label in CATEGORIES][:TWEETS]


def form_labels(model: TextModel[LanguageModel]) -> list[str]:
    """Lo que se puntúa: las categorías en mayúsculas, en minúsculas y el primer trozo de las mayúsculas."""
    words = [f" {category}" for category in CATEGORIES.values()]
    encode, decode = model.tokenizer.encode, model.tokenizer.decode
    firsts = [decode(encode(word.upper())[:1]) for word in words]
    return [*(word.upper() for word in words), *words, *firsts]


def load_form_scores() -> Tensor:
    """Abre las puntuaciones, (72, K, 2, 9), en nats; si faltan, puntúa. Por tweet, plantilla y forma, son las
    tres categorías en mayúsculas, en minúsculas y el primer trozo de las mayúsculas.
    """
    return torch.tensor(TWEET_FORMS.rows())


def score_tweets(part: Part) -> Run:
    """Puntúa los tweets, uno a uno, lo mismo que hace la página."""
    gemma, tweets = opened(BASE), [tweet.text for tweet in category_tweets()]
    labels = form_labels(gemma)

    def scored(some: Sequence[str]) -> Tensor:
        return score_forms(gemma, TWEET_TEMPLATES, some, labels).logprobs

    rows = (thousandths(scored([tweet])[0].tolist()) for tweet in tweets)
    return Run(None, rows, lambda rows: scored(tweets[:READ]).flatten().tolist())


TWEET_FORMS = Trained("tweet-forms", __name__, score_tweets)
