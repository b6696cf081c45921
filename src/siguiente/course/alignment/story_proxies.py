"""Modelos de recompensa que vieron pocas parejas: notas flojas, para ver qué pasa al perseguirlas."""

from typing import NamedTuple

from siguiente.alignment.reward_model import RewardModel
from siguiente.course.alignment.story_policy import load_story_policy
from siguiente.course.alignment.story_reward_model import fit_reward, load_story_reward, story_preferences
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
    return STORY_PROXIES.restore(RewardModel(load_story_policy().model), name)


def judge(part: Part) -> Run:
    """Ajusta un modelo a unas pocas parejas, con el mismo anotador que el del curso."""
    first, count, steps, seed = PROXIES[part.name]
    config = TrainingConfig(steps, 32, learning_rate=2e-3, warmup=5, seed=seed)
    return fit_reward(story_preferences()[first : first + count], config, part.checkpoint)


STORY_PROXIES = Trained("story-proxies", __name__, judge, parts=tuple(PROXIES))
