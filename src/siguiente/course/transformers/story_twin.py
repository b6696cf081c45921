"""El gemelo enmascarado del GPT pequeño de los cuentos: la misma forma y los mismos pasos, con otra tarea."""

from typing import Any

import torch

from siguiente.course.stories.corpus import load_story_corpus
from siguiente.language_models.training import TrainingConfig
from siguiente.language_models.words import END
from siguiente.runtime.trained import Part, Run, Trained
from siguiente.transformers.gpt import GPTConfig
from siguiente.transformers.masked import MaskedModel, fill, train_masked

CHECKED = 8  # tokens que se tapan, uno a uno, para comprobar los pesos
#: Cómo se entrenan el GPT pequeño y su gemelo.
SMALL_TRAINING = TrainingConfig(
    steps=600, batch_size=8, length=128, learning_rate=5e-3, warmup=40, evaluate_every=100, boundary=END
)


def small_config(vocab_size: int) -> GPTConfig:
    """La forma del GPT pequeño de los cuentos, con un vocabulario de V tokens.

    >>> small_config(300).channels
    96
    """
    return GPTConfig(vocab_size, context_length=128, layers=2, heads=4, channels=96)


def load_story_twin() -> MaskedModel:
    """Abre el gemelo, ya entrenado; si falta, lo entrena."""
    return STORY_TWIN.restore(MaskedModel(small_config(load_story_corpus().tokenizer.vocab_size)))


def learn_gaps(part: Part) -> Run:
    """Entrena el gemelo con los cuentos."""
    corpus = load_story_corpus()
    twin = MaskedModel(small_config(corpus.tokenizer.vocab_size), seed=1)

    def measure(rows: list[Any]) -> list[float]:
        text = corpus.held_out[: twin.context_length]
        found = [fill(twin.eval(), text, place)[text[place]] for place in range(1, CHECKED + 1)]
        return torch.stack(found).log().tolist()

    return Run(twin, train_masked(twin, corpus.train, SMALL_TRAINING), measure)


STORY_TWIN = Trained("story-twin", __name__, learn_gaps)
