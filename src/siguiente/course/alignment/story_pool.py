"""Muchos cuentos para cada petición de prueba, con la nota que les da cada modelo de recompensa."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from siguiente.alignment.reward_model import score_texts
from siguiente.alignment.rollouts import sample_answers
from siguiente.course.alignment.policy_scores import rounded
from siguiente.course.alignment.story_policy import ANSWER_LENGTH, load_story_policy
from siguiente.course.alignment.story_proxies import ALL, PROXIES, load_story_proxy
from siguiente.course.data.story_requests import load_demonstrations
from siguiente.runtime.trained import Part, Run, Trained

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
