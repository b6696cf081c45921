"""La página de las familias: dos gemelos de la misma forma, uno que tapa huecos y otro que mira atrás."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from siguiente.course.stories.corpus import load_story_corpus
from siguiente.course.transformers.gpt import SMALL_TRAINING, small_config
from siguiente.language_models.scoring import score
from siguiente.language_models.training import steps
from siguiente.language_models.windows import cut_windows, find_windows, shuffled_windows
from siguiente.runtime.trained import Part, Run, Trained
from siguiente.transformers.gpt import GPT
from siguiente.transformers.masked import MaskedModel, fill, train_masked

CHECKED = 8  # tokens que se tapan, uno a uno, para comprobar los pesos
#: Cinco veces más pasos que el otro gemelo, porque cada lote le enseña con el 15 % de sus tokens.
TWIN_TRAINING = replace(SMALL_TRAINING, steps=5 * SMALL_TRAINING.steps)


def load_twin() -> MaskedModel:
    """Abre el gemelo que rellena huecos, ya entrenado; si falta, lo entrena."""
    return STORY_TWIN.restore(MaskedModel(small_config(load_story_corpus().tokenizer.vocab_size)), "masked")


def load_causal() -> GPT:
    """Abre el gemelo que solo mira atrás, ya entrenado; si falta, lo entrena."""
    return STORY_TWIN.restore(GPT(small_config(load_story_corpus().tokenizer.vocab_size)), "causal")


def causal_losses(model: GPT, stream: Tensor) -> Iterator[float]:
    """Entrena el causal y da la pérdida de cada paso, en nats por token."""
    windows = find_windows(stream, SMALL_TRAINING.length, SMALL_TRAINING.boundary)
    order = shuffled_windows(windows, SMALL_TRAINING.batch_size, SMALL_TRAINING.seed)
    batches = (cut_windows(stream, batch) for batch in order)
    return (loss.item() for loss in steps(model, batches, SMALL_TRAINING))


def learn_story_twins(part: Part) -> Run:
    """Entrena uno de los dos con los cuentos."""
    corpus = load_story_corpus()
    config, text = small_config(corpus.tokenizer.vocab_size), corpus.held_out[:128]
    if part.name == "causal":
        model = GPT(config, seed=1)

        def scored(rows: list[Any]) -> list[float]:
            return score(model.eval(), text[None])[0, :CHECKED].tolist()

        return Run(model, causal_losses(model, corpus.train), scored)
    twin = MaskedModel(config, seed=1)

    def filled(rows: list[Any]) -> list[float]:
        found = [fill(twin.eval(), text, place)[text[place]] for place in range(1, CHECKED + 1)]
        return torch.stack(found).log().tolist()

    return Run(twin, train_masked(twin, corpus.train, TWIN_TRAINING), filled)


STORY_TWIN = Trained("story-twin", __name__, learn_story_twins, parts=("causal", "masked"))
