"""La clínica: un entrenamiento con refuerzo sano y varios estropeados, que no dan ningún aviso."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from torch import nn

from siguiente.alignment.reward_model import ValueModel, score_texts
from siguiente.alignment.rl import PPO, Experience, Loss, Method, Reinforce, Reward, RLReport, train_rl
from siguiente.course.alignment.story_policy import (
    ANSWER_LENGTH,
    DEMONSTRATIONS,
    load_story_policy,
)
from siguiente.course.alignment.story_reward_model import COMPARED, load_story_reward
from siguiente.course.alignment.story_runs import ASKED
from siguiente.course.data.story_requests import load_demonstrations
from siguiente.course.data.story_reward import gold_rewards
from siguiente.language_models.training import TrainingConfig
from siguiente.runtime.trained import Part, Run, Trained
from siguiente.transformers.gpt import GPT

STEPS = 16


@dataclass(frozen=True)
class UpsideDown:
    """El mismo método, que lee la máscara al revés: la petición y el relleno, y no la respuesta."""

    method: Method

    @property
    def learned(self) -> nn.Module:
        """Lo que aprende el método sano."""
        return self.method.learned

    def loss(self, experience: Experience) -> Loss:
        """La del método sano, con la máscara al revés."""
        wrong = experience.answers._replace(mask=~experience.answers.mask)
        return self.method.loss(experience._replace(answers=wrong))


def silent(reward: Reward) -> Reward:
    """Cambia una recompensa por otra que busca una frase que nadie escribe, y da siempre 0."""
    words = "colorín colorado"
    return lambda prompts, stories: [float(words in story) for story in stories]


def raised(reward: Reward) -> Reward:
    """La misma recompensa, sin haberle quitado la media, que es 9."""
    return lambda prompts, stories: [r + 9 for r in reward(prompts, stories)]


def steady(reward: Reward) -> Reward:
    """Cambia una recompensa por otra que da siempre 1."""
    return lambda prompts, stories: [1.0] * len(stories)


def same(reward: Reward) -> Reward:
    """La recompensa, sin tocar."""
    return reward


class Case(NamedTuple):
    """Un entrenamiento."""

    make: Callable[[GPT], Method]
    """De la política al método."""
    spoil: Callable[[Reward], Reward] = same
    """Qué se le hace a la recompensa."""
    prompts: int = 16
    """Peticiones por paso."""
    group: int = 2
    """Respuestas por petición."""


CASES = {
    "healthy": Case(lambda model: Reinforce(beta=0.02)),
    "constant": Case(lambda model: Reinforce(beta=0.02), silent),
    "sign": Case(lambda model: Reinforce(beta=-0.5)),
    "mask": Case(lambda model: UpsideDown(Reinforce(beta=0.02))),
    "uncentred": Case(lambda model: PPO(ValueModel(model), beta=0.02), raised, prompts=32, group=1),
    "steady": Case(lambda model: PPO(ValueModel(model), beta=0.02), steady, prompts=32, group=1),
}


def load_case(name: str) -> list[RLReport]:
    """Abre los informes de uno de los `CASES`, uno por paso; si faltan, entrena."""
    if name not in CASES:
        raise ValueError(f"No hay un caso {name!r}. Hay estos: {', '.join(CASES)}.")
    return [RLReport(*report) for report in STORY_CLINIC.rows(name)]


def treat(part: Part) -> Run:
    """Entrena un caso, con el mismo azar que los demás."""
    make, spoil, prompts, group = CASES[part.name]
    policy, used = load_story_policy(), DEMONSTRATIONS + COMPARED
    judged = partial(score_texts, load_story_reward(), load_story_policy())
    asked = [demo.prompt for demo in load_demonstrations("train", used + ASKED)[used:]]
    config = TrainingConfig(STEPS, prompts, ANSWER_LENGTH, 2e-3, warmup=5, weight_decay=0.0)
    steps = train_rl(policy, asked, spoil(judged), make(policy.model), config, group, 1, gold_rewards)

    def measure(rows: list[Any]) -> list[float]:
        return judged(asked[: len(rows)], [RLReport(*row).sample for row in rows])

    return Run(None, steps, measure)


STORY_CLINIC = Trained("story-clinic", __name__, treat, parts=tuple(CASES))
