"""El bucle de aprendizaje por refuerzo: sube lo que se premia, y se retoma donde quedó."""

import math
from copy import deepcopy

import pytest
import torch

from siguiente.alignment.reward_model import ValueModel
from siguiente.alignment.rl import GRPO, PPO, Reinforce, gather, move, train_rl
from siguiente.alignment.rollouts import sample_answers
from siguiente.alignment.sequences import answer_logprobs
from siguiente.language_models.training import MAX_NORM, TrainingConfig

CONFIG = TrainingConfig(steps=60, batch_size=8, length=6, learning_rate=3e-2, weight_decay=0.0)
METHODS = {
    "reinforce": lambda model: Reinforce(beta=0.01),
    "grpo": lambda model: GRPO(beta=0.01),
    "ppo": lambda model: PPO(ValueModel(model), beta=0.01),
}


def thanks(prompts, texts):
    return [text.count("gracias") for text in texts]


def weights(model):
    return torch.cat([weight.flatten() for weight in model.parameters()]).detach().clone()


@pytest.mark.parametrize("name", METHODS)
def test_every_method_raises_what_is_rewarded(policy, prompts, name):
    reports = list(train_rl(policy, prompts, thanks, METHODS[name](policy.model), CONFIG))
    first, last = (sum(report.reward for report in part) / 5 for part in (reports[:5], reports[-5:]))
    assert last > first + 0.3
    assert reports[0].kl == pytest.approx(0, abs=1e-5)
    assert reports[-1].kl > 0.1


def test_a_dear_divergence_keeps_the_policy_at_home(policy, prompts):
    near = list(train_rl(policy, prompts, thanks, Reinforce(beta=10.0), CONFIG))[-1]
    assert near.kl < 0.5


def test_a_constant_reward_teaches_nothing(policy, prompts):
    before = weights(policy.model)
    constant = lambda prompts, texts: [3.0] * len(texts)  # noqa: E731
    list(train_rl(policy, prompts, constant, GRPO(beta=0.0), CONFIG))
    assert torch.equal(weights(policy.model), before)


def test_the_true_reward_is_only_watched(policy, prompts):
    shorter = lambda prompts, texts: [-len(text) for text in texts]  # noqa: E731
    watched = next(train_rl(policy, prompts, thanks, GRPO(), CONFIG, gold=shorter))
    assert watched.gold < 0 <= watched.reward


@pytest.mark.parametrize("name", METHODS)
def test_an_interrupted_run_ends_like_an_unbroken_one(policy, prompts, name, tmp_path):
    short = TrainingConfig(steps=6, batch_size=2, length=4, learning_rate=1e-2, evaluate_every=2)
    runs = []
    for stop in (None, 5):
        model = deepcopy(policy)
        path = tmp_path / f"{stop}"
        if stop:
            broken = deepcopy(policy)
            reports = train_rl(broken, prompts, thanks, METHODS[name](broken.model), short, checkpoint=path)
            assert [next(reports).step for _ in range(stop)][-1] == 4
            reports.close()
        reports = list(train_rl(model, prompts, thanks, METHODS[name](model.model), short, checkpoint=path))
        runs.append((reports, weights(model.model)))
    assert runs[0][0] == runs[1][0]
    assert torch.equal(runs[0][1], runs[1][1])


@pytest.mark.parametrize("bad", [[math.nan] * 32, [1.0]])
def test_bad_rewards_are_said_and_nothing_moves(policy, prompts, bad):
    before = weights(policy.model)
    with pytest.raises(ValueError, match="Se esperaban 32 recompensas finitas"):
        next(train_rl(policy, prompts, lambda prompts, texts: bad, GRPO(), CONFIG))
    assert torch.equal(weights(policy.model), before)


@pytest.mark.parametrize("beta", [-0.1, math.nan])
def test_a_negative_price_is_refused(policy, beta):
    for method in (Reinforce, GRPO, lambda beta: PPO(ValueModel(policy.model), beta)):
        with pytest.raises(ValueError, match="premiaría alejarse"):
            method(beta)


def test_no_prompts_and_a_diverged_loss_are_said(policy, prompts):
    with pytest.raises(ValueError, match="No hay peticiones"):
        train_rl(policy, [], thanks, GRPO(), CONFIG)
    with torch.no_grad():
        policy.model.norm.weight.fill_(math.nan)
    with pytest.raises(ValueError, match="número finito"):
        next(train_rl(policy, prompts, thanks, GRPO(), CONFIG))


@pytest.mark.parametrize("method", [Reinforce(), GRPO()])
def test_an_answer_alone_has_nothing_to_be_compared_with(policy, prompts, method):
    with pytest.raises(ValueError, match="al menos dos"):
        list(train_rl(policy, prompts, thanks, method, CONFIG, group=1))


def test_it_goes_on_where_the_functions_are_in_another_place(policy, prompts, tmp_path):
    class Mine(Reinforce):
        """Un método con un objeto cualquiera dentro."""

        def __repr__(self):
            return f"Mine({object()!r})"

    short, reports = TrainingConfig(steps=2, batch_size=2, length=4), []
    for _ in range(2):
        learner, path = deepcopy(policy), tmp_path / "rl.pt"
        reports.append(list(train_rl(learner, prompts, thanks, Mine(), short, checkpoint=path)))
    assert reports[0] == reports[1]


def test_it_does_not_go_on_from_another_starting_model(policy, prompts, tmp_path):
    """La divergencia se mide desde el modelo de partida: una política que ya aprendió no lo es."""
    short, path = TrainingConfig(steps=4, batch_size=2, length=4, evaluate_every=2), tmp_path / "rl.pt"
    reports = train_rl(policy, prompts, thanks, GRPO(), short, checkpoint=path)
    assert [next(reports).step for _ in range(3)] == [0, 1, 2]
    reports.close()
    with pytest.raises(ValueError, match="no coincide el modelo de partida"):
        train_rl(policy, prompts, thanks, GRPO(), short, checkpoint=path)


def test_reinforce_refuses_a_second_step_with_the_same_answers(policy, prompts):
    with pytest.raises(ValueError, match=r"un paso con cada respuesta \(`epochs=1`\)"):
        train_rl(policy, prompts, thanks, Reinforce(), CONFIG, epochs=2)
    for method in (GRPO(), PPO(ValueModel(policy.model))):
        train_rl(policy, prompts, thanks, method, CONFIG, epochs=2)


def test_an_answer_without_an_end_pays_for_it(policy, prompts):
    rollouts = sample_answers(policy, prompts, torch.Generator().manual_seed(0), length=4, n=4)
    rollouts = rollouts._replace(ended=[True, False] * 4)
    logprobs = answer_logprobs(policy.model, rollouts.answers).detach()
    seen = [gather(logprobs, policy.model, rollouts, [3.0] * 8, 4, price) for price in (0.0, 2.0)]
    assert (seen[0].rewards == 3).all()
    assert seen[1].rewards.flatten().tolist() == [3.0 if ended else 1.0 for ended in rollouts.ended]


def test_a_large_error_of_the_value_does_not_shrink_the_step_of_the_policy():
    policy, value = (torch.nn.Linear(1, 1, bias=False) for _ in range(2))
    learned, before = torch.nn.ModuleList([policy, value]), policy.weight.item()
    optimizer = torch.optim.SGD(learned.parameters())
    loss = 0.5 * policy.weight.sum() + 1e3 * value.weight.sum()
    move(loss, learned, optimizer, TrainingConfig(steps=1, learning_rate=0.1), step=0)
    assert before - policy.weight.item() == pytest.approx(0.05)
    assert value.weight.grad.norm().item() == pytest.approx(MAX_NORM)


def test_only_ppo_says_what_its_value_explains(policy, prompts):
    short = TrainingConfig(steps=2, batch_size=4, length=6, learning_rate=1e-2)
    explained = {}
    for name, make in METHODS.items():
        learner = deepcopy(policy)
        reports = list(train_rl(learner, prompts, thanks, make(learner.model), short))
        explained[name] = reports[0].explained
        assert reports[0].clipped == 0  # un solo paso por lote
    assert explained["reinforce"] is explained["grpo"] is None
    assert explained["ppo"] == pytest.approx(0, abs=1e-6)  # el valor empieza a cero


def test_with_several_steps_the_clip_acts(policy, prompts):
    fast = TrainingConfig(steps=1, batch_size=8, length=6, learning_rate=3e-2, weight_decay=0.0)
    shorter = lambda prompts, texts: [-len(text) for text in texts]  # noqa: E731
    (report,) = train_rl(policy, prompts, shorter, GRPO(), fast, epochs=8)
    assert report.clipped > 0
