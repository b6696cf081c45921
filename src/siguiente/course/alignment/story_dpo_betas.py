"""DPO con tres β muy distintas, en pocos pasos: cuánto frena."""

from dataclasses import replace

from siguiente.alignment.dpo import train_dpo
from siguiente.alignment.sequences import encode_preferences
from siguiente.course.alignment.policy_scores import PolicyScores, read_scores
from siguiente.course.alignment.story_dpo import DPO_CONFIG
from siguiente.course.alignment.story_policy import load_story_policy
from siguiente.course.alignment.story_pursuits import scored_rows
from siguiente.course.alignment.story_reward_model import learned_reward, story_preferences
from siguiente.course.data.story_requests import load_demonstrations
from siguiente.runtime.trained import Part, Run, Trained

BETAS = ("0.02", "0.1", "0.5")
BRIEF_CONFIG = replace(DPO_CONFIG, steps=30)
PAIRS = 960  # las justas para ver cada una una sola vez
TESTS = 200


def load_dpo_beta(beta: float) -> dict[int, PolicyScores]:
    """Abre las medidas con una de las `BETAS`, por pasos dados; si faltan, ajusta una política y la mide."""
    return read_scores(STORY_DPO_BETAS.rows(str(beta)))


def brake(part: Part) -> Run:
    """Ajusta una política con pocas parejas y la mide antes, durante y después."""
    policy, reward = load_story_policy(), learned_reward()
    tests = [demo.prompt for demo in load_demonstrations("test", TESTS)]
    few = encode_preferences(policy, story_preferences()[:PAIRS])
    steps = train_dpo(policy.model, few, BRIEF_CONFIG, float(part.name))
    rows = scored_rows(policy, steps, reward, tests, lambda step, texts: texts[:1])
    return Run(None, rows, lambda rows: reward(tests[:1], rows[0][-1]))


STORY_DPO_BETAS = Trained("story-dpo-betas", __name__, brake, parts=BETAS)
