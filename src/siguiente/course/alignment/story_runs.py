"""Tres políticas de los cuentos ajustadas con refuerzo, una por método, con lo que pasó en cada paso."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from siguiente.alignment.reward_model import ValueModel
from siguiente.alignment.rl import GRPO, PPO, Method, Reinforce, RLReport, train_rl
from siguiente.course.alignment.story_policy import (
    ANSWER_LENGTH,
    DEMONSTRATIONS,
    TunedPolicy,
    load_story_policy,
    load_tuned,
    told,
)
from siguiente.course.alignment.story_reward_model import COMPARED, learned_reward
from siguiente.course.data.story_requests import load_demonstrations
from siguiente.course.data.story_reward import gold_rewards
from siguiente.language_models.training import TrainingConfig
from siguiente.runtime.trained import Part, Run, Trained
from siguiente.transformers.gpt import GPT

ASKED = 3_000  # peticiones: ni las de las demostraciones ni las comparadas
WRITTEN = 64  # respuestas por paso, con cualquier método
RUN_CONFIG = TrainingConfig(
    steps=40, batch_size=WRITTEN, length=ANSWER_LENGTH, learning_rate=1e-3, warmup=5, weight_decay=0.0
)


class Setting(NamedTuple):
    """Cómo se usa un método."""

    make: Callable[[GPT], Method]
    """De la política al método."""
    group: int
    """Respuestas por petición."""
    epochs: int
    """Pasos del optimizador con las mismas respuestas."""


METHODS = {
    "reinforce": Setting(lambda model: Reinforce(beta=0.02), group=8, epochs=1),
    "ppo": Setting(lambda model: PPO(ValueModel(model), beta=0.02, lam=1.0), group=1, epochs=2),
    "grpo": Setting(lambda model: GRPO(beta=0.04), group=8, epochs=1),
}


def load_run(method: str) -> TunedPolicy:
    """Abre la política que ajustó uno de los `METHODS`; si falta, la ajusta."""
    return load_tuned(STORY_RUNS, method, RLReport)


def unused_prompts() -> list[str]:
    """Peticiones de las que ni la política ni el modelo de recompensa vieron un cuento."""
    used = DEMONSTRATIONS + COMPARED
    return [demo.prompt for demo in load_demonstrations("train", used + ASKED)[used:]]


def pursue(part: Part) -> Run:
    """Persigue la recompensa aprendida con un método; con todos se escribe el mismo número de respuestas."""
    policy, reward, prompts = load_story_policy(), learned_reward(), unused_prompts()
    make, group, epochs = METHODS[part.name]
    config, method = replace(RUN_CONFIG, batch_size=RUN_CONFIG.batch_size // group), make(policy.model)
    steps = train_rl(policy, prompts, reward, method, config, group, epochs, gold_rewards, part.checkpoint)
    return Run(policy.model, steps, told(policy))


STORY_RUNS = Trained("story-runs", __name__, pursue, parts=tuple(METHODS))
