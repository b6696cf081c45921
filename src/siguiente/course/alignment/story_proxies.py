"""Modelos de recompensa que vieron pocas parejas: notas flojas, para ver qué pasa al perseguirlas."""

from collections.abc import Iterator
from typing import NamedTuple

from torch import Generator

from siguiente.alignment.reward_model import (
    RewardModel,
    centre_rewards,
    score_answers,
    train_reward_model,
)
from siguiente.alignment.sequences import encode_demonstrations, encode_preferences, join_answers
from siguiente.course.alignment.annotation import ask_annotators, label_pairs
from siguiente.course.alignment.story_policy import TOLD, load_story_policy
from siguiente.course.alignment.story_reward_model import (
    ANNOTATOR,
    SEED,
    SHOWN,
    load_story_pairs,
    load_story_reward,
)
from siguiente.course.data.story_requests import load_demonstrations
from siguiente.language_models.training import TrainingConfig
from siguiente.runtime.trained import Part, Run, Trained

ALL = "4000"  # el que vio todas las parejas es el modelo de recompensa del curso


class Proxy(NamedTuple):
    """Qué parejas vio un modelo y cuántos pasos dio."""

    first: int
    """La primera pareja."""
    pairs: int
    """Cuántas, seguidas."""
    steps: int
    """Pasos del ajuste."""
    seed: int = 0
    """La semilla del ajuste."""


PROXIES = {
    "200": Proxy(0, 200, steps=30),
    "200-b": Proxy(200, 200, steps=30, seed=1),
    "200-c": Proxy(400, 200, steps=30, seed=2),
    "600": Proxy(0, 600, steps=60),
    "1333": Proxy(0, 1_333, steps=60),
}


def load_story_proxy(name: str) -> RewardModel:
    """Abre uno de los `PROXIES`, o `4000`, el modelo del curso, que vio todas las parejas; si falta, lo
    ajusta. Su cero es la recompensa media de las demostraciones, como el del modelo del curso.
    """
    if name == ALL:
        return load_story_reward()
    if name not in PROXIES:
        raise ValueError(f"No hay un modelo {name!r}. Hay estos: {', '.join([*PROXIES, ALL])}.")
    return STORY_PROXIES.restore(RewardModel(load_story_policy().model), name)


def judge(part: Part) -> Run:
    """Ajusta un modelo a unas pocas parejas, con el mismo anotador que el del curso."""
    policy, pairs, (first, count, steps, seed) = load_story_policy(), load_story_pairs(), PROXIES[part.name]
    preferences = label_pairs(pairs, ask_annotators(pairs, [ANNOTATOR], Generator().manual_seed(SEED)))
    shown = join_answers(*encode_demonstrations(policy, load_demonstrations("train", SHOWN)))
    model = RewardModel(policy.model)
    config = TrainingConfig(steps, 32, learning_rate=2e-3, warmup=5, seed=seed)

    def losses() -> Iterator[float]:
        encoded = encode_preferences(policy, preferences[first : first + count])
        yield from train_reward_model(model, encoded, config, part.checkpoint)
        centre_rewards(model, shown)

    return Run(model, losses(), lambda rows: score_answers(model, shown)[:TOLD].tolist())


STORY_PROXIES = Trained("story-proxies", __name__, judge, parts=tuple(PROXIES))
