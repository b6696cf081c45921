"""La página de DPO: la política ajustada a las preferencias, su control barajado y tres β muy distintas."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Generator, Tensor

from siguiente.alignment.dpo import DPOReport, train_dpo
from siguiente.alignment.sequences import encode_preferences
from siguiente.course.alignment.policy_scores import PolicyScores, read_scores, scored_rows
from siguiente.course.alignment.preferences import SEED, learned_reward, shuffled_labels, story_preferences
from siguiente.course.alignment.sft import TunedPolicy, load_story_policy, load_tuned, told
from siguiente.course.data.story_requests import load_demonstrations
from siguiente.language_models.training import TrainingConfig
from siguiente.runtime.trained import Part, Run, Trained

BETA = 0.1
#: Los pasos justos para ver cada pareja una sola vez.
DPO_CONFIG = TrainingConfig(steps=125, batch_size=32, learning_rate=1e-3, warmup=5, weight_decay=0.0)


def load_story_dpo(shuffled: bool = False) -> TunedPolicy:
    """Abre la política que ajustó DPO o, con `shuffled`, el control, que aprendió de las mismas parejas con
    la preferida a cara o cruz; si falta, la ajusta.
    """
    return load_tuned(STORY_DPO, "shuffled" if shuffled else "annotated", DPOReport)


def prefer(part: Part) -> Run:
    """Ajusta una política a las preferencias del anotador o, como control, a las mismas barajadas."""
    policy, preferences = load_story_policy(), story_preferences()
    if part.name == "shuffled":
        preferences = shuffled_labels(preferences, Generator().manual_seed(SEED))
    pairs = encode_preferences(policy, preferences)
    return Run(policy.model, train_dpo(policy.model, pairs, DPO_CONFIG, BETA, part.checkpoint), told(policy))


STORY_DPO = Trained("story-dpo", __name__, prefer, parts=("annotated", "shuffled"))


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


def descend(loss: Callable[[Tensor], Tensor], start: Tensor, steps: int = 500) -> Tensor:
    """Las probabilidades, (K,), a que llega una pérdida de log-probabilidades al bajar por su gradiente.

    >>> descend(lambda logprobs: -logprobs[0], torch.zeros(2), steps=100)[0] > 0.9
    tensor(True)
    """
    logits = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([logits], lr=0.05)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(logits.log_softmax(0)).backward()
        optimizer.step()
    return logits.detach().softmax(0)
