"""La página de la sobreoptimización: notas de distinta calidad, y qué pasa al elegir o entrenar con ellas."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from siguiente.alignment.reward_model import RewardModel, score_texts
from siguiente.alignment.rl import Reinforce, Reward, train_rl
from siguiente.alignment.rollouts import sample_answers
from siguiente.course.alignment.policy_scores import PolicyScores, read_scores, rounded, scored_rows
from siguiente.course.alignment.preferences import fit_reward, load_story_reward, story_preferences
from siguiente.course.alignment.rlhf import unused_prompts
from siguiente.course.alignment.sft import ANSWER_LENGTH, load_story_policy
from siguiente.course.data.story_requests import load_demonstrations
from siguiente.course.data.story_reward import gold_rewards
from siguiente.course.report.numbers import number
from siguiente.evaluation.intervals import bootstrap
from siguiente.language_models.protocol import LanguageModel, TextModel
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


PROMPTS = 60
WRITTEN = 64  # cuentos por petición
SEED = 1


class StoryPool(NamedTuple):
    """Los cuentos, para elegir el mejor de varios."""

    prompts: list[str]
    """N peticiones."""
    texts: list[list[str]]
    """M cuentos para cada una, que escribió la política de partida."""
    scores: dict[str, Tensor]
    """Por modelo de recompensa, sus notas, (N, M)."""

    def gold(self) -> Tensor:
        """La recompensa verdadera de cada cuento, (N, M).

        >>> StoryPool(["Quiero un cuento con Ana y una mascota.\\n"], [["Ana.", "No."]], {}).gold()
        tensor([[3., 2.]])
        """
        rows = zip(self.prompts, self.texts, strict=True)
        return torch.tensor([gold_rewards([prompt] * len(texts), texts) for prompt, texts in rows])


def load_story_pool() -> StoryPool:
    """Abre los cuentos con sus notas; si faltan, los escribe y los puntúa."""
    prompts, texts, scores = zip(*STORY_POOL.rows(), strict=True)
    by_model = {name: torch.tensor([row[name] for row in scores]) for name in scores[0]}
    return StoryPool(list(prompts), list(texts), by_model)


def write_pool(part: Part) -> Run:
    """Escribe y puntúa los cuentos, petición a petición."""
    policy, generator = load_story_policy(), Generator().manual_seed(SEED)
    models = {name: load_story_proxy(name) for name in (*PROXIES, ALL)}

    def rows() -> Iterator[tuple[str, list[str], dict[str, list[float]]]]:
        for demo in load_demonstrations("test", PROMPTS):
            texts = sample_answers(policy, [demo.prompt], generator, ANSWER_LENGTH, WRITTEN).texts
            yield demo.prompt, texts, {name: rounded(score(name, demo.prompt, texts)) for name in models}

    def score(name: str, prompt: str, texts: list[str]) -> list[float]:
        return score_texts(models[name], policy, [prompt] * WRITTEN, texts)

    return Run(None, rows(), lambda rows: score(ALL, *rows[0][:2]))


STORY_POOL = Trained("story-pool", __name__, write_pool, parts=("pool",))


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


def lowest_reward(models: Sequence[nn.Module], reader: TextModel[LanguageModel]) -> Reward:
    """Hace de K modelos de recompensa una sola: la nota más baja de las que dan a cada respuesta.
    Han de tener el mismo cero: véase :func:`~siguiente.alignment.reward_model.centre_rewards`.
    """

    def reward(prompts: Sequence[str], texts: Sequence[str]) -> Sequence[float]:
        scores = torch.tensor([score_texts(model, reader, prompts, texts) for model in models])
        lowest: list[float] = scores.amin(0).tolist()
        return lowest

    return reward


STORY_PURSUITS = Trained("story-pursuits", __name__, chase, parts=tuple(PURSUITS))


def curve_points(
    distances: Iterable[float], gains: Iterable[Tensor]
) -> list[tuple[float, float, float, float]]:
    """Los puntos de una curva: cada distancia, con la media de sus ganancias, (N,), y su intervalo.

    >>> curve_points([0, 2], [torch.zeros(9), torch.ones(9)])
    [(0, 0.0, 0.0, 0.0), (2, 1.0, 1.0, 1.0)]
    """
    return [(distance, *bootstrap(gain)) for distance, gain in zip(distances, gains, strict=True)]


def peak_text(peak: float) -> str:
    """Escribe a qué distancia está el máximo de una curva, o que no lo hay si es infinita.

    >>> peak_text(2.71), peak_text(math.inf)
    ('2,7', 'no hay')
    """
    return "no hay" if math.isinf(peak) else number(peak, 1)
