"""La página del GPT: la forma del pequeño, cómo se entrena y si lo que escribe es un cuento."""

import torch

from siguiente.course.data.stories import possible_words, story_logprob
from siguiente.language_models.protocol import LanguageModel, TextModel
from siguiente.language_models.sampling import complete, sampler
from siguiente.language_models.training import TrainingConfig
from siguiente.language_models.words import END
from siguiente.transformers.gpt import GPTConfig

#: Cómo se entrena el GPT pequeño.
SMALL_TRAINING = TrainingConfig(
    steps=600, batch_size=8, length=128, learning_rate=5e-3, warmup=40, evaluate_every=100, boundary=END
)

TOLD = 127  # tokens, como mucho: con el de comienzo, lo que cabe en el pequeño


def tell(model: TextModel[LanguageModel], n: int = 1, temperature: float = 1.0) -> list[str]:
    """Hace escribir n cuentos a un modelo, desde la nada; siempre los mismos con los mismos pesos.

    >>> from siguiente.course.stories.gpt import STORY_GPT
    >>> len(tell(STORY_GPT.load(), n=2))
    2
    """
    return complete(model, "", TOLD, sampler(torch.Generator().manual_seed(0), temperature), n)


def legible(text: str, length: int = 260) -> str:
    """El comienzo de un texto, con un punto por cada carácter que no se puede escribir."""
    return "".join(c if c.isprintable() else "·" for c in text[:length]) + "…"


def is_story(text: str) -> bool:
    """Dice si la gramática pudo escribir exactamente este texto, entero.

    >>> from siguiente.course.data.stories import load_stories
    >>> story = load_stories("test", 1)[0]
    >>> is_story(story), is_story(story[:40])
    (True, False)
    """
    try:
        story_logprob(text)
    except ValueError:
        return False
    return True


def split_at_error(text: str, before: int = 90, after: int = 30) -> tuple[str, str]:
    """Lo que hay a ambos lados de donde un texto deja de poder ser un cuento, con tantos caracteres.

    >>> split_at_error("Samuel escondía tres neveras", before=8)
    ('…escondía', 'tres neveras…')
    """
    words, good = text.split(" "), possible_words(text)
    return "…" + " ".join(words[:good])[-before:], " ".join(words[good:])[:after] + "…"


def small_config(vocab_size: int) -> GPTConfig:
    """La forma del GPT pequeño de los cuentos, con un vocabulario de V tokens.

    >>> small_config(300).channels
    96
    """
    return GPTConfig(vocab_size, context_length=128, layers=2, heads=4, channels=96)
