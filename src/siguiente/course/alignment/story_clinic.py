"""La clínica: un entrenamiento con refuerzo sano y varios estropeados, que no dan ningún aviso."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import nn

from siguiente.alignment.reward_model import ValueModel
from siguiente.alignment.rl import PPO, Experience, Loss, Method, Reinforce, RLReport, train_rl
from siguiente.course.alignment.story_policy import ANSWER_LENGTH, load_story_policy
from siguiente.course.alignment.story_reward_model import learned_reward
from siguiente.course.alignment.story_runs import unused_prompts
from siguiente.course.data.story_reward import gold_rewards
from siguiente.language_models.training import TrainingConfig
from siguiente.runtime.trained import Part, Run, Trained
from siguiente.transformers.gpt import GPT

STEPS = 16


@dataclass(frozen=True)
class UpsideDown(Method):
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


class Case(NamedTuple):
    """Un entrenamiento."""

    make: Callable[[GPT], Method]
    """De la política al método."""
    spoil: Callable[[float, str], float] = lambda note, story: note
    """De la nota de un cuento y el cuento a la nota que se persigue."""
    prompts: int = 16
    """Peticiones por paso."""
    group: int = 2
    """Respuestas por petición."""


def reinforce(model: GPT) -> Method:
    """El método sano."""
    return Reinforce(beta=0.02)


def ppo(model: GPT) -> Method:
    """El que espera algo de cada cuento: al principio, 0."""
    return PPO(ValueModel(model), beta=0.02)


CASES = {
    "healthy": Case(reinforce),
    "constant": Case(reinforce, lambda note, story: float("colorín colorado" in story)),  # nadie lo escribe
    "sign": Case(lambda model: Reinforce(beta=-0.5)),
    "mask": Case(lambda model: UpsideDown(reinforce(model))),
    "uncentred": Case(ppo, lambda note, story: note + 9, prompts=32, group=1),  # no se le quitó la media
    "steady": Case(ppo, lambda note, story: 1.0, prompts=32, group=1),
}


def load_case(name: str) -> list[RLReport]:
    """Abre los informes de uno de los `CASES`, uno por paso; si faltan, entrena."""
    return [RLReport(*report) for report in STORY_CLINIC.rows(name)]


def treat(part: Part) -> Run:
    """Entrena un caso, con el mismo azar que los demás."""
    make, spoil, prompts, group = CASES[part.name]
    policy, judged, asked = load_story_policy(), learned_reward(), unused_prompts()
    config = TrainingConfig(STEPS, prompts, ANSWER_LENGTH, 2e-3, warmup=5, weight_decay=0.0)

    def spoilt(prompts: Sequence[str], stories: Sequence[str]) -> list[float]:
        return [spoil(*pair) for pair in zip(judged(prompts, stories), stories, strict=True)]

    steps = train_rl(policy, asked, spoilt, make(policy.model), config, group, 1, gold_rewards)

    def measure(rows: list[Any]) -> Sequence[float]:
        return judged(asked[: len(rows)], [RLReport(*row).sample for row in rows])

    return Run(None, steps, measure)


STORY_CLINIC = Trained("story-clinic", __name__, treat, parts=tuple(CASES))
