"""REINFORCE persiguiendo notas de distinta calidad, con freno y sin él, medido cada diez pasos."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from torch import Generator

from siguiente.alignment.rl import Reinforce, Reward, train_rl
from siguiente.course.alignment.policy_scores import (
    PolicyScores,
    lowest_reward,
    read_scores,
    score_during,
    score_policy,
    write_scores,
)
from siguiente.course.alignment.story_policy import ANSWER_LENGTH, load_story_policy
from siguiente.course.alignment.story_proxies import load_story_proxy
from siguiente.course.alignment.story_runs import unused_prompts
from siguiente.course.data.story_requests import load_demonstrations
from siguiente.course.data.story_reward import gold_rewards
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.training import TrainingConfig
from siguiente.runtime.trained import Part, Run, Trained

SEED = 5  # con que se mide siempre
EVERY = 10  # pasos entre dos medidas
#: En cada paso, ocho peticiones.
PURSUIT_CONFIG = TrainingConfig(40, 8, ANSWER_LENGTH, 1e-3, warmup=5, weight_decay=0.0)


class Pursuit(NamedTuple):
    """Una nota y cómo se persigue."""

    models: tuple[str, ...]
    """Los modelos que la dan, la más baja si son varios; sin ninguno, es la recompensa verdadera."""
    beta: float = 0.0
    """Cuánto cuesta un nat de divergencia."""
    group: int = 4
    """Respuestas por petición."""
    tests: int = 160
    """Peticiones de prueba con que se mide."""


PURSUITS = {
    "200": Pursuit(("200",)),
    "1333": Pursuit(("1333",)),
    "4000": Pursuit(("4000",)),
    "gold": Pursuit(()),
    "braked": Pursuit(("200",), beta=0.3),
    "lowest": Pursuit(("200", "200-b", "200-c")),
    "beta-0": Pursuit(("4000",), beta=0.0, group=8, tests=400),
    "beta-0.3": Pursuit(("4000",), beta=0.3, group=8, tests=400),
    "beta-1": Pursuit(("4000",), beta=1.0, group=8, tests=400),
}


def load_pursuit(name: str) -> dict[int, PolicyScores]:
    """Abre las medidas de uno de los `PURSUITS`, por pasos dados; si faltan, entrena y mide.
    Solo la primera y la última traen los cuentos.
    """
    return read_scores(STORY_PURSUITS.rows(name))


def chase(part: Part) -> Run:
    """Persigue una nota y mide la política antes, durante y después."""
    pursuit, policy = PURSUITS[part.name], load_story_policy()
    models = [load_story_proxy(name) for name in pursuit.models]
    reward = lowest_reward(models, load_story_policy()) if models else gold_rewards
    tests = [demo.prompt for demo in load_demonstrations("test", pursuit.tests)]
    method, asked = Reinforce(pursuit.beta), unused_prompts()
    steps = train_rl(policy, asked, reward, method, PURSUIT_CONFIG, pursuit.group)

    def keep(step: int, texts: list[str]) -> list[str]:
        return texts if step in (0, PURSUIT_CONFIG.steps) else []

    rows = scored_rows(policy, steps, reward, tests, keep)
    return Run(None, rows, lambda rows: list(reward(tests, rows[0][-1])))


def scored_rows(
    policy: TextModel[Any],
    steps: Iterable[object],
    reward: Reward,
    tests: Sequence[str],
    keep: Callable[[int, list[str]], list[str]],
) -> Iterator[list[Any]]:
    """Las medidas de una política mientras aprende, siempre con el mismo azar; de los textos, los de `keep`.
    No hay punto de control: cada medida necesita los pesos de su paso.
    """
    start = load_story_policy().model

    def score() -> PolicyScores:
        seeded = Generator().manual_seed(SEED)
        return score_policy(policy, start, tests, reward, gold_rewards, seeded, ANSWER_LENGTH)

    for step, scores in score_during(steps, score, EVERY):
        yield write_scores(step, scores._replace(texts=keep(step, scores.texts)))


STORY_PURSUITS = Trained("story-pursuits", __name__, chase, parts=tuple(PURSUITS))
