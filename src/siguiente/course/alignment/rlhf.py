"""La página de RLHF: tres políticas ajustadas con refuerzo y la clínica, entrenamientos que se estropean.

Los estropeados, al lado de uno sano, no dan ningún aviso.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor, nn

from siguiente.alignment.reward_model import ValueModel
from siguiente.alignment.rl import GRPO, PPO, Experience, Loss, Method, Reinforce, RLReport, train_rl
from siguiente.course.alignment.preferences import COMPARED, learned_reward
from siguiente.course.alignment.sft import (
    ANSWER_LENGTH,
    DEMONSTRATIONS,
    TunedPolicy,
    load_story_policy,
    load_tuned,
    told,
)
from siguiente.course.data.story_requests import load_demonstrations
from siguiente.course.data.story_reward import gold_rewards
from siguiente.language_models.training import TrainingConfig
from siguiente.runtime.trained import Part, Run, Trained
from siguiente.transformers.gpt import GPT

ASKED = 3_000  # peticiones, detrás de las de las demostraciones y de las comparadas
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
    """Otras peticiones: pueden repetir el texto de alguna anterior, porque solo hay 672 distintas."""
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


STEPS = 16  # de cada caso de la clínica


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


class AddedDivergence(Reinforce):
    """El mismo método, que suma la divergencia en vez de restarla: el signo que ningún método admite."""

    def __post_init__(self) -> None:
        """No comprueba el precio."""


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
    "sign": Case(lambda model: AddedDivergence(beta=-0.5)),
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


def ends(reports: Sequence[RLReport]) -> dict[str, Tensor]:
    """Recompensa, recompensa verdadera, divergencia y tokens, (4,), de media al comienzo y al final.

    >>> reports = [RLReport(k, k / 2, 9.0, 0.0, 60.0, 1.0, "Un cuento.") for k in range(20)]
    >>> ends(reports)["diez últimos"]
    tensor([ 7.2500, 9.0000, 0.0000, 60.0000])
    """
    log = torch.tensor([[r.reward, r.gold, r.kl, r.length] for r in reports])
    return {"diez primeros": log[:10].mean(0), "diez últimos": log[-10:].mean(0)}


def trailing_means(
    logs: Mapping[str, Sequence[RLReport]], field: str, span: int = 5
) -> dict[str, list[float]]:
    """Una cifra de los informes de cada entrenamiento, con la media de los `span` últimos pasos en cada paso.

    >>> reports = [RLReport(k, float(k), 9.0, 0.0, 60.0, 1.0, "Un cuento.") for k in range(4)]
    >>> trailing_means({"PPO": reports}, "reward", span=2)
    {'PPO': [0.0, 0.5, 1.5, 2.5]}
    """
    found = {}
    for name, log in logs.items():
        x = torch.tensor([getattr(report, field) for report in log])
        found[name] = [x[max(0, k - span + 1) : k + 1].mean().item() for k in range(len(x))]
    return found


def train_table(loss: Callable[[Tensor, Tensor], Tensor], start: Tensor, steps: int = 300) -> Tensor:
    """A qué probabilidades, (K,), lleva una pérdida de log-probabilidades y de lo que se sortea con ellas.
    Cada paso sortea 256. Como el sorteo hace temblar el final, se da la media de la segunda mitad.

    >>> train_table(lambda logprobs, picks: -logprobs[0], torch.zeros(2))[0] > 0.9
    tensor(True)
    """
    logits, generator, seen = start.clone().requires_grad_(), Generator().manual_seed(0), []
    optimizer = torch.optim.SGD([logits], lr=0.3)
    for _ in range(steps):
        logprobs = logits.log_softmax(0)
        picks = torch.multinomial(logprobs.exp(), 256, True, generator=generator)
        optimizer.zero_grad()
        loss(logprobs, picks).backward()
        optimizer.step()
        seen.append(logprobs.detach().exp())
    return torch.stack(seen[steps // 2 :]).mean(0)
