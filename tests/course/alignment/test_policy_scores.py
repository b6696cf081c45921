"""Medir una política: lo que se aleja, lo que puntúa y lo que vale, sin tocarla."""

from copy import deepcopy

import torch

from siguiente.alignment.rl import Reinforce, train_rl
from siguiente.course.alignment.policy_scores import score_during, score_policy
from siguiente.language_models.training import TrainingConfig


def thanks(prompts, texts):
    return [float(text.count("gracias")) for text in texts]


def words(prompts, texts):
    return [-float(len(text.split())) for text in texts]


def score(policy, start, prompts):
    generator = torch.Generator().manual_seed(0)
    return score_policy(policy, start, prompts, thanks, words, generator, length=6)


def test_at_the_start_the_distance_is_zero_and_each_reward_is_its_own(policy, prompts):
    found = score(policy, deepcopy(policy.model), prompts)
    assert found.distance == 0
    assert found.kl.tolist() == [0, 0]
    assert found.proxy.tolist() == thanks(prompts, found.texts)
    assert found.gold.tolist() == words(prompts, found.texts)


def test_the_same_seed_writes_the_same(policy, prompts):
    one, other = (score(policy, policy.model, prompts) for _ in range(2))
    assert one.texts == other.texts


def test_training_is_scored_before_during_and_after(policy, prompts):
    start = deepcopy(policy.model)
    config = TrainingConfig(steps=40, batch_size=8, length=6, learning_rate=3e-2, weight_decay=0.0)
    reports = train_rl(policy, prompts, thanks, Reinforce(beta=0.0), config)
    found = dict(score_during(reports, lambda: score(policy, start, prompts * 50), every=20))
    assert list(found) == [0, 20, 40]
    assert found[40].distance > found[0].distance == 0
    assert found[40].proxy.mean() > found[0].proxy.mean() + 0.3
