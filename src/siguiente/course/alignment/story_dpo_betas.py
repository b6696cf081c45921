"""DPO con tres β muy distintas, en pocos pasos: cuánto frena."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from torch import Generator

from siguiente.alignment.dpo import train_dpo
from siguiente.alignment.reward_model import score_texts
from siguiente.alignment.sequences import encode_preferences
from siguiente.course.alignment.policy_scores import (
    PolicyScores,
    read_scores,
    score_during,
    score_policy,
    write_scores,
)
from siguiente.course.alignment.story_dpo import DPO_CONFIG, story_preferences
from siguiente.course.alignment.story_policy import ANSWER_LENGTH, load_story_policy
from siguiente.course.alignment.story_reward_model import load_story_reward
from siguiente.course.data.story_requests import load_demonstrations
from siguiente.course.data.story_reward import gold_rewards
from siguiente.runtime.trained import Part, Run, Trained

BETAS = {"0.02": 0.02, "0.1": 0.1, "0.5": 0.5}
BRIEF_CONFIG = replace(DPO_CONFIG, steps=30)
PAIRS = 960  # las justas para ver cada una una sola vez
TESTS = 200
SEED = 5
EVERY = 10


def load_dpo_beta(beta: float) -> dict[int, PolicyScores]:
    """Abre las medidas con una de las `BETAS`, por pasos dados; si faltan, ajusta una política y la mide."""
    for name, known in BETAS.items():
        if known == beta:
            return read_scores(STORY_DPO_BETAS.rows(name))
    raise ValueError(f"No hay medidas con β = {beta}. Las hay con {', '.join(BETAS)}.")


def brake(part: Part) -> Run:
    """Ajusta una política con pocas parejas y la mide antes, durante y después."""
    policy, start, judge = load_story_policy(), load_story_policy(), load_story_reward()
    tests = [demo.prompt for demo in load_demonstrations("test", TESTS)]
    reward = partial(score_texts, judge, start)

    def score() -> PolicyScores:
        seeded = Generator().manual_seed(SEED)
        return score_policy(policy, start.model, tests, reward, gold_rewards, seeded, ANSWER_LENGTH)

    def rows() -> Iterator[list[Any]]:  # sin punto de control: cada medida necesita los pesos de su paso
        few = encode_preferences(policy, story_preferences()[:PAIRS])
        steps = train_dpo(policy.model, few, BRIEF_CONFIG, BETAS[part.name])
        for step, scores in score_during(steps, score, EVERY):
            yield write_scores(step, scores._replace(texts=scores.texts[:1]))

    return Run(None, rows(), lambda rows: reward(tests[:1], rows[0][-1]))


STORY_DPO_BETAS = Trained("story-dpo-betas", __name__, brake, parts=tuple(BETAS))
