"""La página del ajuste supervisado: la política de los cuentos, y ajustes cortos que la comparan.

De la política parten los experimentos de las demás páginas.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from siguiente.alignment.sequences import (
    Answers,
    Demonstrations,
    answer_totals,
    encode_demonstrations,
    join_answers,
)
from siguiente.alignment.sft import train_sft
from siguiente.course.data.story_requests import load_demonstrations
from siguiente.course.stories.base import STORY_BASE
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.training import TrainingConfig
from siguiente.runtime.trained import Part, Run, Trained
from siguiente.transformers.gpt import GPT

ANSWER_LENGTH = 128  # tokens: el cuento más largo cabe, con su final
DEMONSTRATIONS = 12_800
TOLD = 16
SFT_CONFIG = TrainingConfig(steps=800, batch_size=16, learning_rate=1e-2, warmup=20)


class TunedPolicy(NamedTuple):
    """Una política que aprendió algo más, y cómo le fue."""

    policy: TextModel[GPT]
    """La política, ya ajustada."""
    reports: list[Any]
    """Un informe por paso."""


def load_story_policy() -> TextModel[GPT]:
    """Abre la política ajustada con demostraciones; si falta, la ajusta."""
    policy: TextModel[GPT] = STORY_BASE.load()
    STORY_POLICY.restore(policy.model)
    return policy


def load_tuned(recipe: Trained, name: str, report: Callable[..., object]) -> TunedPolicy:
    """Abre una política que partió de ella, con sus informes; si falta, la ajusta."""
    policy = load_story_policy()
    recipe.restore(policy.model, name)
    return TunedPolicy(policy, [report(*row) for row in recipe.rows(name)])


def story_policy_losses() -> list[float]:
    """La pérdida de cada paso del ajuste, en nats por token de la respuesta."""
    return STORY_POLICY.rows()


def learn_to_answer(part: Part) -> Run:
    """Ajusta el modelo base con las demostraciones."""
    policy: TextModel[Any] = STORY_BASE.load()
    data = encode_demonstrations(policy, load_demonstrations("train", DEMONSTRATIONS))
    steps = train_sft(policy.model.train(), data, SFT_CONFIG, part.checkpoint)
    return Run(policy.model, steps, told(policy))


def told(policy: TextModel[Any]) -> Callable[[list[Any]], Sequence[float]]:
    """Lo que una política dice de unas demostraciones que no vio: así se comprueban unos pesos anotados."""
    shown = demonstrated(policy, "test", TOLD)
    return lambda rows: answer_totals(policy.model.eval(), shown).tolist()


def demonstrated(policy: TextModel[Any], split: str, count: int) -> Answers:
    """Las primeras demostraciones de una parte, en tokens."""
    return join_answers(*encode_demonstrations(policy, load_demonstrations(split, count)))


STORY_POLICY = Trained("story-policy", __name__, learn_to_answer)


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


def beginning(text: str, size: int = 170) -> str:
    """El comienzo de un texto, con puntos suspensivos si no es todo."""
    return text if len(text) <= size else f"{text[:size]}…"
