"""Lo que Gemma da a tres categorías con doce plantillas y 72 tweets: se puntúa una vez y se anota."""

import torch
from torch import Tensor

from siguiente.course.data.tweets import load_tweets
from siguiente.course.prompting.tweet_templates import TWEET_TEMPLATES, score_forms
from siguiente.language_models.completions import CompletionScores
from siguiente.language_models.protocol import LanguageModel, TextModel
from siguiente.llm.files.loading import opened
from siguiente.prompting.labels import LabelledText
from siguiente.runtime.trained import Part, Run, Trained, thousandths

BASE = "gemma-3-270m"
TWEETS = 72
READ = 2  # tweets que se vuelven a puntuar para comprobar los pesos
#: Los sectores de los tweets y cómo los nombran las plantillas.
CATEGORIES = {"alimentos": "alimentación", "deportes": "deportes", "supermercados": "retail"}


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


def scored(tweets: list[LabelledText]) -> CompletionScores:
    """Lo mismo que hace la página."""
    gemma = opened(BASE)
    return score_forms(gemma, TWEET_TEMPLATES, [tweet.text for tweet in tweets], form_labels(gemma))


def sweep(part: Part) -> Run:
    """Puntúa los tweets, uno a uno."""
    tweets = category_tweets()
    rows = (thousandths(scored([tweet]).logprobs[0].tolist()) for tweet in tweets)
    return Run(None, rows, lambda rows: scored(tweets[:READ]).logprobs.flatten().tolist())


TWEET_FORMS = Trained("tweet-forms", __name__, sweep)
