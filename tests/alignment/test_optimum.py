"""Con pocas respuestas todo se calcula: a dónde llega cada método, con su gradiente exacto."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.alignment.advantages import generalized_advantages, kl_rewards
from siguiente.alignment.dpo import Compared, dpo_loss
from siguiente.alignment.kl import exact_kl, k1, k2, k3
from siguiente.alignment.optimum import group_loss, grpo_fixed_point, kl_optimum
from siguiente.alignment.policy_gradient import group_advantages, grpo_loss, ppo_loss, reinforce_loss
from siguiente.alignment.reward_model import preference_probability

REF = torch.tensor([0.4, 0.3, 0.2, 0.1]).double().log()
REWARDS = torch.tensor([0.0, 1.0, 0.3, 1.2]).double()
BETA, K = 0.5, 4
MASK = torch.ones(K, 1, dtype=torch.bool)  # cada respuesta tiene un solo token
TABLES = st.tuples(*(st.lists(st.floats(-2, 2), min_size=3, max_size=5) for _ in range(2))).map(
    lambda pair: torch.tensor(list(zip(*pair, strict=False)), dtype=torch.double).T
)


def descend(loss, steps=1500, rate=0.02):
    """La política, (K,), a la que llega un descenso que empieza en el modelo de partida."""
    logits = REF.clone().requires_grad_()
    optimizer = torch.optim.Adam([logits], lr=rate)
    scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0.01, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(logits.log_softmax(-1)).backward()
        optimizer.step()
        scheduler.step()
    return logits.detach().softmax(-1)


def close(policy, logprobs):
    torch.testing.assert_close(policy, logprobs.exp(), atol=1e-3, rtol=0)


@settings(max_examples=50, deadline=None)
@given(TABLES, st.floats(0.1, 3), st.integers(0, 100))
def test_no_policy_beats_the_optimum(table, beta, seed):
    ref, rewards = table

    def objective(logprobs):
        return logprobs.exp() @ rewards - beta * exact_kl(logprobs, ref)

    best = kl_optimum(ref, rewards, beta)
    other = torch.randn(len(ref), generator=torch.Generator().manual_seed(seed)).double().log_softmax(-1)
    assert objective(best) >= objective(other) - 1e-9
    # El valor del máximo es β log Z.
    log_partition = (ref.log_softmax(-1) + rewards / beta).logsumexp(-1)
    assert objective(best).item() == pytest.approx((beta * log_partition).item(), abs=1e-9)


def test_reinforce_with_the_divergence_in_the_reward_reaches_it():
    def loss(logprobs):
        policy = logprobs.detach().exp()
        rewards = REWARDS - BETA * k1(logprobs.detach(), REF)
        advantages = K * policy * (rewards - policy @ rewards)  # cada respuesta pesa lo que es probable
        return reinforce_loss(logprobs[:, None], advantages, MASK).loss

    close(descend(loss), kl_optimum(REF, REWARDS, BETA))


def test_ppo_with_the_divergence_in_the_reward_reaches_it():
    logits = REF.clone().requires_grad_()
    optimizer = torch.optim.SGD([logits], lr=1.0)
    clipped = 0.0
    for _ in range(300):
        old = logits.detach().log_softmax(-1)[:, None]
        rewards = kl_rewards(REWARDS, old, REF[:, None], BETA, MASK)
        values = (old.exp() * rewards).sum().expand(K, 1)  # lo que se espera, exacto
        advantages, returns = generalized_advantages(rewards, values, MASK)
        for _ in range(4):
            new = logits.log_softmax(-1)[:, None]
            terms = ppo_loss(new, old, K * old.exp() * advantages, values, values, returns, MASK, clip=0.05)
            optimizer.zero_grad()
            terms.loss.backward()
            optimizer.step()
            clipped = max(clipped, terms.clipped.item())
    assert clipped > 0  # el recorte actuó por el camino
    close(logits.detach().softmax(-1), kl_optimum(REF, REWARDS, BETA))


def test_token_by_token_ppo_reaches_it_too():
    """Tres respuestas de distinta longitud, «0», «10» y «11»: la recompensa llega al final y se reparte."""
    tokens, mask = (
        torch.tensor([[0, 0], [1, 0], [1, 1]]),
        torch.tensor([[True, False], [True, True], [True, True]]),
    )
    rewards, places = torch.tensor([0.5, 0.0, 1.0]).double(), torch.arange(2)
    logits = torch.tensor([[0.2, 0.0], [0.8, 0.0]]).double().requires_grad_()  # el primer token y el segundo

    def logprobs():
        return logits.log_softmax(-1)[places, tokens] * mask  # (3, 2)

    ref, zero = logprobs().detach(), torch.zeros(3, 2).double()
    optimizer = torch.optim.SGD([logits], lr=1.0)
    for _ in range(300):
        old = logprobs().detach()
        spread = kl_rewards(rewards, old, ref, BETA, mask)
        advantages, returns = generalized_advantages(spread, zero, mask, lam=1)
        weights = mask.sum() * old.sum(1, keepdim=True).exp()  # cada respuesta pesa lo que es probable
        for _ in range(2):
            terms = ppo_loss(logprobs(), old, weights * advantages, zero, zero, returns, mask)
            optimizer.zero_grad()
            terms.loss.backward()
            optimizer.step()
    close(logprobs().detach().sum(1).exp(), kl_optimum(ref.sum(1), rewards, BETA))


def test_dpo_with_exact_preferences_reaches_it():
    a, b = torch.combinations(torch.arange(K)).T
    preference = preference_probability(REWARDS[a] - REWARDS[b])

    def loss(logprobs):
        return dpo_loss(Compared(logprobs[a], logprobs[b], REF[a], REF[b]), BETA, preference)

    close(descend(loss), kl_optimum(REF, REWARDS, BETA))


def population_grpo(rewards=REWARDS):
    """La pérdida de GRPO con un grupo infinito: cada respuesta pesa lo que es probable."""

    def loss(logprobs):
        policy = logprobs.detach().exp()
        advantages = rewards - policy @ rewards
        advantages = advantages / (policy @ advantages**2).sqrt()
        losses = [
            grpo_loss(
                logprobs[y].view(1, 1),
                logprobs[y].view(1, 1),
                REF[y].view(1, 1),
                advantages[y : y + 1],
                MASK[:1],
                beta=BETA,
            ).loss
            for y in range(K)
        ]
        return policy @ torch.stack(losses)

    return loss


def test_grpo_reaches_a_fixed_point_of_its_own():
    found, expected = descend(population_grpo(), steps=600), grpo_fixed_point(REF, REWARDS, BETA)
    close(found, expected)
    assert (expected.exp() - kl_optimum(REF, REWARDS, BETA).exp()).abs().max() > 0.05


def test_grpo_does_not_see_how_much_the_reward_matters():
    ten_times = descend(population_grpo(10 * REWARDS), steps=600)
    close(ten_times, grpo_fixed_point(REF, REWARDS, BETA))
    assert (kl_optimum(REF, 10 * REWARDS, BETA).exp() - ten_times).abs().max() > 0.1


@pytest.mark.parametrize("seed", range(5))
def test_the_loss_of_an_infinite_group_is_that_of_grpo(seed):
    start = torch.randn(K, generator=torch.Generator().manual_seed(seed)).double()

    def gradient(loss):
        logits = start.clone().requires_grad_()
        return torch.autograd.grad(loss(logits.log_softmax(-1)), logits)[0]

    ours = gradient(lambda logprobs: group_loss(logprobs, REF, REWARDS, BETA))
    torch.testing.assert_close(ours, gradient(population_grpo()), atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize(("penalty", "same"), [(k2, True), (k3, False), (k1, False)])
def test_without_dividing_only_k2_leads_to_the_optimum(penalty, same):
    def loss(logprobs):
        return group_loss(logprobs, REF, REWARDS, BETA, penalty, divided=False)

    far = (descend(loss, steps=600) - kl_optimum(REF, REWARDS, BETA).exp()).abs().max()
    assert (far < 1e-3) == same


def test_a_large_group_is_the_population():
    """Un grupo en el que cada respuesta sale en su proporción exacta tiene las ventajas de la derivación."""
    counts = torch.tensor([4000, 3000, 2000, 1000])
    group = group_advantages(REWARDS.repeat_interleave(counts)[None]).values[0, counts.cumsum(0) - 1]
    centred = REWARDS - REF.exp() @ REWARDS
    torch.testing.assert_close(group, centred / (REF.exp() @ centred**2).sqrt(), atol=1e-3, rtol=0)


@settings(max_examples=50, deadline=None)
@given(TABLES, st.floats(0.05, 5))
def test_the_fixed_point_balances_the_two_forces(table, beta):
    ref, rewards = table[0].log_softmax(-1), table[1].round(decimals=2)
    policy = grpo_fixed_point(ref, rewards, beta).exp()
    advantages = rewards - policy @ rewards
    deviation = (policy @ advantages**2).sqrt()
    push = torch.zeros_like(policy) if (rewards == rewards[0]).all() else policy * advantages / deviation
    torch.testing.assert_close(push, beta * (policy - ref.exp()), atol=1e-6, rtol=1e-5)


@settings(max_examples=50, deadline=None)
@given(st.floats(0.05, 0.95), st.floats(0.05, 2))
def test_with_two_answers_by_hand(p, beta):
    """Dos respuestas, 1 y 0: la ventaja de la buena es √((1-π)/π), y π(1 - √((1-π)/π)/β) = p."""
    ref = torch.tensor([1 - p, p], dtype=torch.double).log()
    best = grpo_fixed_point(ref, torch.tensor([0.0, 1.0]), beta)[1].exp().item()
    assert best * (1 - ((1 - best) / best) ** 0.5 / beta) == pytest.approx(p, abs=1e-6)


def test_a_small_beta_leaves_one_answer():
    assert grpo_fixed_point(REF, REWARDS, 0.01).exp()[3] > 0.999
    assert kl_optimum(REF, REWARDS, 0.01).exp()[3] > 0.999


def test_a_constant_reward_teaches_nothing():
    for function in (grpo_fixed_point, kl_optimum):
        torch.testing.assert_close(function(REF, torch.ones(K).double(), BETA), REF)
