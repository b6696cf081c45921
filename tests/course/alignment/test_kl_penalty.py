"""El freno: lo que se mide de cada entrenamiento, los fallos y lo que se calcula sin azar."""

from dataclasses import replace

import pytest
import torch

from siguiente.alignment.advantages import generalized_advantages
from siguiente.alignment.kl import exact_kl, k2, k3
from siguiente.alignment.optimum import kl_optimum
from siguiente.alignment.policy_gradient import reinforce_loss
from siguiente.alignment.rl import GRPO, Reinforce, train_rl
from siguiente.alignment.rollouts import sample_answers
from siguiente.alignment.sequences import answer_logprobs
from siguiente.course.alignment import kl_penalty
from siguiente.course.alignment.kl_penalty import (
    CONFIG,
    PULLS,
    STORY_PENALTY,
    AddedDivergence,
    UpsideDown,
    at_equal_distance,
    by_place,
    check_penalty,
    descend,
    every_logprob,
    first_advantages,
    gradient_of,
    mean_penalty,
    optimum_at,
    place_share,
    pulls_back,
    regions,
    strayed_copy,
    value_at,
    variety,
)
from siguiente.course.alignment.policy_scores import Paths
from siguiente.language_models.training import TrainingConfig

PROMPTS = ["Quiero un cuento con Ana y una mascota.\n", "Quiero un cuento con Leo y una mascota.\n"]
BRIEF = TrainingConfig(steps=6, batch_size=2, length=6, learning_rate=1e-2, weight_decay=0.0)


@pytest.fixture
def brief(small, monkeypatch):
    """Los entrenamientos, de dos pasos y medidos en cada uno."""
    settings = {
        "CONFIG": replace(CONFIG, steps=2, batch_size=2, length=6, warmup=1),
        "EVERY": 1,
        "load_story_policy": lambda: small.policy,
        "learned_reward": lambda: lambda prompts, texts: [float(len(text)) for text in texts],
        "measured_prompts": lambda: PROMPTS,
        "SHOWN": 2,
    }
    for name, value in settings.items():
        monkeypatch.setattr(kl_penalty, name, value)
    return small


def rewarded(prompts, texts):
    return [float(len(text)) for text in texts]


def last_kl(policy, method, group=2, reward=rewarded):
    return list(train_rl(policy, PROMPTS, reward, method, BRIEF, group))[-1].kl


@pytest.mark.parametrize("name", PULLS)
def test_each_run_is_measured_with_what_is_watched(brief, monkeypatch, name):
    monkeypatch.setattr("siguiente.course.alignment.policy_scores.measured_prompts", lambda: PROMPTS)
    run = brief.record(STORY_PENALTY, name)
    rows = STORY_PENALTY.rows(name, 0)
    assert [row["step"] for row in rows] == [0, 1, 2]
    assert {"kl", "proxy", "gold", "sense", "variety"} <= set(rows[0])
    assert len(run.measure(rows)) == 2


def test_adding_the_divergence_goes_farther(small):
    braked, added = (
        last_kl(small.policy, make) for make in (Reinforce(beta=1.0), AddedDivergence(beta=-1.0))
    )
    assert added > braked


def test_the_sign_needs_its_own_class():
    with pytest.raises(ValueError, match="premiaría alejarse"):
        Reinforce(beta=-1.0)


def test_a_mask_upside_down_moves_the_policy_but_not_through_the_answer(small):
    """No deja quieta a la política: aprende del relleno."""
    answers = sample_answers(small.policy, PROMPTS, torch.Generator().manual_seed(0), 6, 2).answers
    logprobs = every_logprob(small.policy.model, answers)
    loss = reinforce_loss(logprobs, torch.tensor([1.0, -1.0, 2.0, -2.0]), ~answers.mask[:, 1:]).loss
    (pushed,) = torch.autograd.grad(loss, logprobs)
    found = regions(answers)
    assert not pushed[found["respuesta"]].any()
    assert pushed[found["petición"]].all()
    assert abs(last_kl(small.policy, UpsideDown(beta=0.0, model=small.policy.model))) > 0


def test_every_logprob_agrees_inside_the_answer(small):
    answers = sample_answers(small.policy, PROMPTS, torch.Generator().manual_seed(0), 6).answers
    inside = answers.mask[:, 1:]
    whole, only = (read(small.policy.model, answers) for read in (every_logprob, answer_logprobs))
    torch.testing.assert_close(whole[inside], only[inside])
    assert (whole[~inside] < 0).all()


def test_the_three_regions_share_out_the_tokens(small):
    answers = sample_answers(small.policy, PROMPTS, torch.Generator().manual_seed(0), 6, 3).answers
    assert (sum(part.int() for part in regions(answers).values()) == 1).all()


def test_variety_compares_the_two_answers_to_a_request():
    texts = ["un oso", "un oso", "un oso", "una osa"]
    assert variety(PROMPTS * 2, texts) == 0.5


def test_a_value_at_a_distance_is_read_on_the_path():
    rows = [{"step": k, "kl": kl, "gold": float(k)} for k, kl in enumerate([0.0, 2.0, 1.0, 4.0])]
    found = value_at(Paths([rows] * 4), "gold", torch.tensor([0.0, 1.0, 3.0, 9.0]))
    torch.testing.assert_close(found, torch.tensor([0.0, 0.5, 2 + 2 / 3, 3.0]))


def test_two_runs_are_compared_where_the_nearer_one_ended():
    near = [{"step": k, "kl": 0.5 * k, "gold": 2.0 * k} for k in range(3)]
    far = [{"step": k, "kl": 2.0 * k, "gold": 3.0 * k} for k in range(3)]
    one, other = Paths([near, far]), Paths([far, near])
    found = at_equal_distance(one, other, "gold")
    torch.testing.assert_close(found, torch.tensor([2.5, -2.5]))  # a un nat, 4 puntos frente a 1,5
    assert not at_equal_distance(one, other, "kl").any()


def test_the_optimum_at_a_distance_is_at_that_distance():
    ref, rewards = torch.tensor([[0.6, 0.3, 0.1], [0.0, 1.0, 0.5]]).double()
    found = optimum_at(ref.log(), rewards, nats=0.4)
    assert exact_kl(found, ref.log()).item() == pytest.approx(0.4, abs=1e-6)
    slope = (found - ref.log())[1:] - (found - ref.log())[0]  # r/β, salvo una constante
    torch.testing.assert_close(slope / slope[0], rewards[1:])
    beta = 1 / slope[0].item()
    torch.testing.assert_close(kl_optimum(ref.log(), rewards, beta), found)


@pytest.mark.parametrize("method", [Reinforce(beta=0.3), GRPO(beta=0.3)])
def test_a_brake_pulls_a_strayed_policy_back(small, method):
    back = pulls_back(method, small.policy, PROMPTS, copies=4)
    assert back.shape == (4,)
    assert back.mean() > 0


def test_the_wrong_sign_pushes_it_away_and_no_price_leaves_it(small):
    way, wrong, still = (
        pulls_back(made, small.policy, PROMPTS, copies=2)
        for made in (Reinforce(beta=0.3), AddedDivergence(beta=-0.3), Reinforce(beta=0.0))
    )
    torch.testing.assert_close(wrong, -way)
    assert not still.any()


def test_a_strayed_copy_leaves_the_model_and_moves_the_matrices(small):
    model = small.policy.model
    before = [weights.clone() for weights in model.parameters()]
    moved = strayed_copy(model, torch.Generator().manual_seed(0), share=0.5)
    for old, now, strayed in zip(before, model.parameters(), moved.parameters(), strict=True):
        assert torch.equal(old, now)
        if old.ndim == 1:
            assert torch.equal(old, strayed)
        else:
            assert (strayed - old).std().item() == pytest.approx(0.5 * old.std().item(), rel=0.3)


def test_one_run_writes_more_stories_a_step(brief, monkeypatch):
    seen = []

    def spied(policy, asked, reward, method, config, group):
        seen.append((config.batch_size, method.beta))
        return train_rl(policy, asked, reward, method, config, group)

    monkeypatch.setattr(kl_penalty, "train_rl", spied)
    for name in ("0.3", "more"):
        list(STORY_PENALTY.run(STORY_PENALTY.part(name)).reports)
    assert seen == [(2, 0.3), (8, 0.3)]


def test_descending_reaches_the_minimum():
    target = torch.tensor([0.2, 0.3, 0.5]).double().log()
    found = descend(lambda logprobs: exact_kl(target, logprobs), torch.zeros(3))
    torch.testing.assert_close(found, target.exp(), atol=1e-6, rtol=0)


@pytest.mark.parametrize(("penalty", "reverse"), [(k2, True), (k3, False)])
def test_the_mean_gradient_is_that_of_a_divergence(penalty, reverse):
    logits, ref = torch.randn(2, 4, generator=torch.Generator().manual_seed(0)).double().log_softmax(1)
    found = gradient_of(mean_penalty(penalty, ref), logits)
    expected = gradient_of(lambda z: exact_kl(z, ref) if reverse else exact_kl(ref, z), logits)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(
    ("penalty", "verdict"),
    [
        (lambda new, old, ref: (new - old).exp() * k3(new, ref), "Bien"),
        (lambda new, old, ref: (new - old).exp().detach() * k3(new, ref), "contraria"),
        (lambda new, old, ref: k3(new, ref), "contraria"),
        (lambda new, old, ref: k2(new, ref), "solo si escribió ella"),
        (lambda new, old, ref: new - ref, "No frena nada"),
        (lambda new, old, ref: 2 * k3(new, ref), "ninguna"),
    ],
)
def test_the_checker_tells_the_losses_apart(penalty, verdict):
    assert verdict in check_penalty(penalty)


def test_a_constant_surprise_goes_by_place():
    """Sin nada esperado, λ reparte lo mismo según lo que falta, y la posición lo explica todo."""
    mask = torch.arange(6) < torch.tensor([[6], [4]])
    rewards = torch.zeros(2, 6).scatter(1, torch.tensor([[5], [3]]), 9.0)
    given = generalized_advantages(rewards, torch.zeros(2, 6), mask, lam=0.5).advantages
    torch.testing.assert_close(by_place(given, mask), 9 * 0.5 ** torch.arange(6.0))
    assert place_share(given, mask) == pytest.approx(1)
    uneven = given * torch.tensor([[1.0], [-1.0]])
    assert place_share(uneven, mask) < 0.5


def test_a_constant_moves_the_advantages_unless_the_value_expects_it():
    seeded = torch.Generator().manual_seed(0)
    rewards, values = torch.randn(64, generator=seeded), torch.randn(64, 60, generator=seeded)
    mask = torch.arange(60) < torch.tensor([[60], [40]] * 32)
    expected = first_advantages(rewards, mask, values)
    torch.testing.assert_close(first_advantages(rewards + 9, mask, values + 9), expected)
    assert place_share(first_advantages(rewards + 9, mask), mask) > 0.9
    assert place_share(first_advantages(rewards - rewards.mean(), mask), mask) < 0.5
