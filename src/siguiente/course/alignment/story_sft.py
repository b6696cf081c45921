"""Ajustes cortos de los cuentos: el mismo, con otras demostraciones, sin la máscara o sin el final."""

from collections.abc import Callable
from typing import Any

from siguiente.alignment.sequences import Demonstrations, encode_demonstrations
from siguiente.alignment.sft import train_sft
from siguiente.course.alignment.story_policy import told
from siguiente.course.data.story_requests import load_demonstrations
from siguiente.course.stories.base import STORY_BASE
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.training import TrainingConfig
from siguiente.runtime.trained import Part, Run, Trained
from siguiente.transformers.gpt import GPT

SHOWN = 1_600
#: Con todas, los pasos justos para leer cada demostración una vez.
SHORT_CONFIG = TrainingConfig(steps=100, batch_size=16, learning_rate=1e-2, warmup=10)


def without_mask(data: Demonstrations) -> Demonstrations:
    """Las mismas demostraciones, con la petición dentro de la respuesta: se aprende también a escribirla.

    >>> without_mask(Demonstrations([[9, 1, 2]], [[3, 0]]))
    Demonstrations(prompts=[[9]], answers=[[1, 2, 3, 0]])
    """
    pairs = list(zip(*data, strict=True))
    return Demonstrations([p[:1] for p, _ in pairs], [p[1:] + a for p, a in pairs])


def without_end(data: Demonstrations) -> Demonstrations:
    """Las mismas demostraciones, sin el token que cierra cada respuesta.

    >>> without_end(Demonstrations([[9, 1, 2]], [[3, 0]]))
    Demonstrations(prompts=[[9, 1, 2]], answers=[[3]])
    """
    return Demonstrations(data.prompts, [answer[:-1] for answer in data.answers])


def first_ones(n: int) -> Callable[[Demonstrations], Demonstrations]:
    """Deja solo las primeras demostraciones."""
    return lambda data: Demonstrations(*(part[:n] for part in data))


CHANGES: dict[str, Callable[[Demonstrations], Demonstrations]] = {
    "all": first_ones(SHOWN),
    "unmasked": without_mask,
    "endless": without_end,
    "few-256": first_ones(256),
    "few-64": first_ones(64),
    "few-16": first_ones(16),
}


def load_short_sft(name: str = "all") -> TextModel[GPT]:
    """Abre un modelo ajustado en cien pasos con uno de los `CHANGES`; si falta, lo ajusta."""
    model: TextModel[GPT] = STORY_BASE.load()
    STORY_SFT.restore(model.model, name)
    return model


def fit_briefly(part: Part) -> Run:
    """Ajusta el modelo base con unas demostraciones cambiadas."""
    model: TextModel[Any] = STORY_BASE.load()
    data = CHANGES[part.name](encode_demonstrations(model, load_demonstrations("train", SHOWN)))
    return Run(model.model, train_sft(model.model.train(), data, SHORT_CONFIG, part.checkpoint), told(model))


STORY_SFT = Trained("story-sft", __name__, fit_briefly, parts=tuple(CHANGES))
