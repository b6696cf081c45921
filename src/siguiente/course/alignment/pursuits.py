"""Políticas que persiguen recompensas de distinta calidad, medidas mientras aprenden.

Las miran dos páginas: la de la sobreoptimización, que conoce la recompensa verdadera, y la de la vigilancia,
que no la conoce.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor

from siguiente.alignment.reward_model import (
    RewardModel,
    centre_rewards,
    score_answers,
    score_texts,
    train_reward_model,
)
from siguiente.alignment.rl import Reinforce, Reward, train_rl
from siguiente.alignment.sequences import Preference, encode_preferences
from siguiente.course.alignment.policy_scores import Paths, load_paths, measured_rows, shown_gold
from siguiente.course.alignment.preferences import (
    ANNOTATOR,
    LIKES_LONG,
    judge_config,
    learned_reward,
    load_story_pairs,
    sample_pairs,
    shuffled_labels,
    story_preferences,
)
from siguiente.course.alignment.rlhf import unused_prompts
from siguiente.course.alignment.sft import ANSWER_LENGTH, SEEDS, TOLD, demonstrated, load_story_policy
from siguiente.course.data.annotators import Annotator
from siguiente.course.data.story_requests import distinct_requests, read_request
from siguiente.course.data.story_reward import gold_rewards
from siguiente.language_models.training import TrainingConfig
from siguiente.runtime.trained import Part, Run, Trained

CENTRED = 200  # demostraciones en que cada recompensa aprendida tiene media cero
EVERY = 20


class Source(NamedTuple):
    """De dónde sale la recompensa que se persigue."""

    pairs: int
    """Comparaciones de que aprende, sorteadas con cada semilla; sin ninguna, es la recompensa verdadera."""
    annotator: Annotator = ANNOTATOR
    """Quién compara."""
    shuffled: bool = False
    """Si la preferida se elige a cara o cruz. Es el control, que no puede enseñar nada."""
    shared: bool = False
    """Si es el modelo de recompensa del curso, el mismo con todas las semillas."""


SOURCES = {
    "shuffled": Source(1_500, shuffled=True),
    "1500": Source(1_500),
    "4000": Source(4_000, shared=True),
    "gold": Source(0),
    "partial": Source(1_500, LIKES_LONG),
}


def fit_source(source: Source, seed: int) -> RewardModel:
    """Ajusta una recompensa a unas parejas sorteadas; de la semilla salen también las respuestas."""
    generator, every = Generator().manual_seed(seed), load_story_pairs()
    rows = torch.randperm(len(every), generator=generator)[: source.pairs].tolist()
    preferences = story_preferences([every[row] for row in rows], source.annotator, seed)
    model = RewardModel(load_story_policy().model)
    for _ in fit(model, shuffled_labels(preferences, generator) if source.shuffled else preferences, seed):
        pass
    return model.eval()


def fit(model: RewardModel, preferences: Sequence[Preference], seed: int) -> Iterator[float]:
    """Ajusta un modelo de recompensa, da sus pérdidas y pone su cero en las demostraciones."""
    policy, config = load_story_policy(), replace(judge_config(len(preferences)), seed=seed)
    yield from train_reward_model(model, encode_preferences(policy, preferences), config)
    centre_rewards(model, demonstrated(policy, "train", CENTRED))


WATCHED = 400  # parejas nuevas de que aprende cada modelo que vigila
WATCHERS = {"fair": ANNOTATOR, "long": LIKES_LONG}


def learn_to_watch(part: Part) -> Run:
    """Ajusta un modelo que vigila, con parejas que nadie más usa y quien compara en su lugar."""
    policy, seed = load_story_policy(), 100 + int(part.seed or 0)
    asked = (distinct_requests("train") * 2)[:WATCHED]
    pairs = sample_pairs(policy, asked, Generator().manual_seed(seed), ANSWER_LENGTH)
    model, shown = RewardModel(policy.model), demonstrated(policy, "test", TOLD)
    losses = fit(model, story_preferences(pairs, WATCHERS[part.name], seed), seed)
    return Run(model, losses, lambda rows: score_answers(model, shown).tolist())


STORY_WATCHERS = Trained("story-watchers", __name__, learn_to_watch, tuple(WATCHERS), seeds=range(2))


def load_watcher(name: str, seed: int) -> RewardModel:
    """Abre uno de los modelos que vigilan; si falta, lo ajusta."""
    return STORY_WATCHERS.restore(RewardModel(load_story_policy().model), name, seed)


class Panel:
    """Lo que se ve de una política sin conocer la recompensa verdadera.

    De los cuentos de cada medida: lo que les dan, de media, dos modelos que nadie persigue (`second`),
    cuánto discrepan (`disagreement`) y en qué proporción se preferirían a los de la primera (`fresh`).
    Todo, dos veces: con un anotador imparcial (`fair`) y con uno al que le gusta lo largo (`long`).
    """

    def __init__(self) -> None:
        self.policy, self.first = load_story_policy(), dict[str, Tensor]()
        self.models = {name: [load_watcher(name, seed) for seed in STORY_WATCHERS.seeds] for name in WATCHERS}

    def __call__(self, prompts: Sequence[str], texts: Sequence[str]) -> dict[str, float]:
        """Mide unas respuestas; las primeras que mide son aquellas con que compara las demás."""
        seen = dict[str, float]()
        for name, annotator in WATCHERS.items():
            scores = torch.tensor(
                [score_texts(m, self.policy, prompts, texts) for m in self.models[name]]
            )  # (2, B)
            pairs = zip(map(read_request, prompts), texts, strict=True)
            liked = torch.tensor([annotator.utility(*pair) for pair in pairs])  # (B,)
            gap = liked - self.first.setdefault(name, liked)
            seen[f"second-{name}"] = scores.mean().item()
            seen[f"disagreement-{name}"] = scores.std(0).mean().item()
            seen[f"fresh-{name}"] = (gap / annotator.noise).sigmoid().mean().item()
        return seen


#: En cada paso, ocho peticiones con ocho cuentos cada una.
PURSUIT_CONFIG = TrainingConfig(80, 8, ANSWER_LENGTH, 6e-4, warmup=5, weight_decay=0.0)
GROUP = 8


def load_pursuit(name: str) -> Paths:
    """Abre lo que se midió al perseguir una de las `SOURCES`, con ocho semillas; si falta, entrena y mide."""
    return load_paths(STORY_PURSUITS, name)


def source_reward(source: Source, seed: int) -> Reward:
    """La recompensa que se persigue: la verdadera, la del curso o una ajustada con esa semilla."""
    if not source.pairs:
        return gold_rewards
    if source.shared:
        return learned_reward()
    return partial(score_texts, fit_source(source, seed), load_story_policy())


def pursue(part: Part) -> Run:
    """Persigue una recompensa sin pagar por alejarse y mide la política mientras aprende."""
    seed, policy = int(part.seed or 0), load_story_policy()

    def rows() -> Iterator[dict[str, Any]]:
        reward, config = source_reward(SOURCES[part.name], seed), replace(PURSUIT_CONFIG, seed=seed)
        steps = train_rl(policy, unused_prompts(), reward, Reinforce(beta=0.0), config, GROUP)
        yield from measured_rows(policy, steps, reward, Panel(), EVERY)

    return Run(None, rows(), shown_gold)


STORY_PURSUITS = Trained("story-pursuits", __name__, pursue, tuple(SOURCES), SEEDS)
