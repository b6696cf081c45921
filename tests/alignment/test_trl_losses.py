"""Las mismas pérdidas, sobre los mismos tensores, en TRL.

Sus fórmulas viven dentro de métodos de los entrenadores, que solo necesitan unos números: se les da un
entrenador de mentira que los tiene; los de verdad están en `test_trl_trainers`. TRL 1.16 ya no trae PPO: su
objetivo recortado se compara con el de GRPO sin divergencia y con una ventaja por token, y lo demás (GAE, el
valor) tiene sus propias pruebas.
"""

from collections import defaultdict
from types import SimpleNamespace

import pytest
import torch

from siguiente.alignment.dpo import Compared, dpo_loss, ipo_loss, kto_loss, simpo_loss
from siguiente.alignment.policy_gradient import grpo_loss, ppo_loss, reinforce_loss
from siguiente.alignment.reward_model import bradley_terry_loss

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]
B, T = 6, 7


def fake_trainer(**settings):
    """Lo que los métodos de TRL piden a su entrenador, sin entrenador: un proceso, sin modelo."""

    def same(value, *_, **__):
        return value

    shared = {
        "model": SimpleNamespace(training=False),
        "accelerator": SimpleNamespace(gather=same, gather_for_metrics=same, reduce=same, device="cpu"),
        "_metrics": {"train": defaultdict(list), "eval": defaultdict(list)},
        "_total_train_tokens": 0,
        "aux_loss_enabled": False,
    }
    return SimpleNamespace(**shared, **settings)


@pytest.fixture
def batch():
    """Log-probabilidades de tres políticas, ventajas y máscara: un lote al azar, con recortes."""
    generator = torch.Generator().manual_seed(0)
    old = -torch.rand(B, T, generator=generator) * 3
    new, ref = (old + 0.4 * torch.randn(B, T, generator=generator) for _ in range(2))
    mask = torch.arange(T) < torch.randint(1, T + 1, (B, 1), generator=generator)
    return new, old, ref, torch.randn(B, T, generator=generator), mask


def with_gradient(function, logprobs):
    leaf = logprobs.clone().requires_grad_()
    value = function(leaf)
    value.backward()
    return value.detach(), leaf.grad


def trl_policy_loss(trainer_class, new, old, ref, advantages, mask, **settings):
    trainer = fake_trainer(
        _get_per_token_logps_and_entropies=lambda *_, **__: (new, torch.zeros(B, T), None),
        top_entropy_quantile=1.0,
        off_policy_mask_threshold=None,
        importance_sampling_level="token",
        epsilon_low=0.2,
        epsilon_high=0.2,
        use_vllm=False,
        args=SimpleNamespace(use_bias_correction_kl=False, delta=None),
        _entropy_bonus_enabled=False,
        **settings,
    )
    inputs = {
        "prompt_ids": torch.zeros(B, 2, dtype=torch.long),
        "prompt_mask": torch.ones(B, 2, dtype=torch.long),
        "completion_ids": torch.zeros(B, T, dtype=torch.long),
        "completion_mask": mask.long(),
        "advantages": advantages,
        "old_per_token_logps": old,
        "old_logps": (old * mask).sum(1),
        "ref_per_token_logps": ref,
    }
    return trainer_class._compute_loss(trainer, None, inputs), trainer._metrics["eval"]


def test_grpo_loss(batch):
    from trl import GRPOTrainer

    new, old, ref, advantages, mask = batch
    advantages = advantages[:, 0]

    def trl(logprobs):
        options = {"beta": 0.3, "loss_type": "grpo"}
        return trl_policy_loss(GRPOTrainer, logprobs, old, ref, advantages, mask, **options)[0]

    def ours(logprobs):
        return grpo_loss(logprobs, old, ref, advantages, mask, beta=0.3).loss

    torch.testing.assert_close(with_gradient(ours, new), with_gradient(trl, new), atol=1e-5, rtol=1e-5)
    metrics = trl_policy_loss(GRPOTrainer, new, old, ref, advantages, mask, beta=0.3, loss_type="grpo")[1]
    clipped = grpo_loss(new, old, ref, advantages, mask).clipped.item()
    assert 0 < clipped == pytest.approx(metrics["clip_ratio/region_mean"][0])


def test_ppo_clipped_loss(batch):
    """La parte de la política: la media sobre todos los tokens es, en TRL, `loss_type="bnpo"`."""
    from trl import GRPOTrainer

    new, old, ref, advantages, mask = batch
    zero = torch.zeros(B, T)

    def trl(logprobs):
        options = {"beta": 0.0, "loss_type": "bnpo"}
        return trl_policy_loss(GRPOTrainer, logprobs, old, ref, advantages, mask, **options)[0]

    def ours(logprobs):
        return ppo_loss(logprobs, old, advantages, zero, zero, zero, mask).loss

    torch.testing.assert_close(with_gradient(ours, new), with_gradient(trl, new), atol=1e-5, rtol=1e-5)


def test_reinforce_gradient(batch):
    """El primer paso de RLOO, con la razón en 1: su pérdida vale otra cosa, y su gradiente es el nuestro."""
    from trl import RLOOTrainer

    _, old, ref, advantages, mask = batch
    advantages = advantages[:, 0]

    def trl(logprobs):
        return trl_policy_loss(RLOOTrainer, logprobs, old, ref, advantages, mask)[0]

    def ours(logprobs):
        return reinforce_loss(logprobs, advantages, mask).loss

    torch.testing.assert_close(with_gradient(ours, old)[1], with_gradient(trl, old)[1], atol=1e-5, rtol=1e-5)


def fake_network(logprobs):
    """Un modelo que da a cada token de la respuesta su log-probabilidad."""
    zero = torch.zeros(B, T)
    fields = {"entropy": zero, "mean_logits": zero, "is_top1": zero.bool()}
    return lambda **_: SimpleNamespace(log_probs=logprobs, **fields)


def as_inputs(mask):
    completion = torch.cat([torch.zeros(B, 1, dtype=torch.bool), mask], 1).long()
    return dict.fromkeys(["input_ids", "attention_mask", "completion_mask"], completion)


def trl_pair_loss(loss_type, logprobs, references, mask):
    """La pérdida de `DPOTrainer` y sus medidas, con la primera mitad del lote como preferidas."""
    from trl import DPOTrainer

    trainer = fake_trainer(
        ld_alpha=None,
        precompute_ref_logps=True,
        f_divergence_type="reverse_kl",
        loss_types=[loss_type],
        loss_weights=[1.0],
        beta=0.3,
        use_weighting=False,
    )
    inputs = as_inputs(mask) | dict(zip(["ref_chosen_logps", "ref_rejected_logps"], references, strict=True))
    return DPOTrainer._compute_loss(trainer, fake_network(logprobs), inputs, False), trainer._metrics["eval"]


def test_dpo_loss(batch):
    new, _, ref, _, mask = batch
    new, references = new * mask, (ref * mask).sum(1).chunk(2)

    def ours(logprobs):
        return dpo_loss(Compared(*logprobs.sum(1).chunk(2), *references), beta=0.3)

    def trl(logprobs):
        return trl_pair_loss("sigmoid", logprobs, references, mask)[0]

    torch.testing.assert_close(with_gradient(ours, new), with_gradient(trl, new), atol=1e-5, rtol=1e-5)
    metrics, seen = (
        trl_pair_loss("sigmoid", new, references, mask)[1],
        Compared(*new.sum(1).chunk(2), *references),
    )
    rewards = [0.3 * change.mean().item() for change in seen.changes]
    expected = [metrics[f"rewards/{name}"][-1] for name in ("chosen", "rejected", "accuracies")]
    assert [*rewards, (seen.margin > 0).float().mean().item()] == pytest.approx(expected, abs=1e-5)


def test_ipo_loss(batch):
    """La suya lleva medias por token donde la nuestra lleva sumas."""
    new, _, ref, _, mask = batch
    new, references = new * mask, (ref * mask).sum(1).chunk(2)
    sizes = [*mask.sum(1).chunk(2)] * 2

    def ours(logprobs):
        totals = (*logprobs.sum(1).chunk(2), *references)
        return ipo_loss(Compared(*(x / n for x, n in zip(totals, sizes, strict=True))), beta=0.3)

    def trl(logprobs):
        return trl_pair_loss("ipo", logprobs, references, mask)[0]

    torch.testing.assert_close(with_gradient(ours, new), with_gradient(trl, new), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("drift", [0.4, -0.4])
def test_kto_loss(batch, drift):
    from trl import KTOTrainer

    new, old, ref, _, mask = batch
    new, references = new * mask, (ref * mask).sum(1)
    before, after = old.sum(1), old.sum(1) + drift
    label = torch.arange(B) < B // 2

    def trl(logprobs):
        settings = {"beta": 0.3, "loss_type": "kto", "desirable_weight": 1.0, "undesirable_weight": 1.0}
        trainer = fake_trainer(
            calculate_KL=True, precompute_ref_logps=True, _compute_kl_logps=lambda *_: after, **settings
        )
        inputs = as_inputs(mask) | {"label": label, "ref_logps": references, "ref_KL_logps": before}
        return KTOTrainer._compute_loss(trainer, fake_network(logprobs), inputs, False)

    def ours(logprobs):
        pairs = Compared(*logprobs.sum(1).chunk(2), *references.chunk(2), stray=after - before)
        return kto_loss(pairs, beta=0.3)

    torch.testing.assert_close(with_gradient(ours, new), with_gradient(trl, new), atol=1e-5, rtol=1e-5)


def test_simpo_loss(batch):
    from trl.experimental.cpo import CPOTrainer

    new, _, _, _, mask = batch
    new, sizes = new * mask, mask.sum(1).chunk(2)
    trainer = fake_trainer(alpha=0.0, loss_type="simpo", simpo_gamma=1.375, beta=2.5, label_smoothing=0.0)

    def trl(logprobs):
        means = (x / n for x, n in zip(logprobs.sum(1).chunk(2), sizes, strict=True))
        return CPOTrainer.cpo_loss(trainer, *means)[0].mean()

    def ours(logprobs):
        chosen, rejected = logprobs.sum(1).chunk(2)
        return simpo_loss(Compared(chosen, rejected, chosen, rejected, sizes), beta=2.5, gap=0.55)

    torch.testing.assert_close(with_gradient(ours, new), with_gradient(trl, new), atol=1e-5, rtol=1e-5)


def test_reward_model_loss():
    from trl import RewardTrainer

    rewards = torch.randn(6, 1, generator=torch.Generator().manual_seed(0))
    trainer = fake_trainer(args=SimpleNamespace(center_rewards_coefficient=None))

    def network(**_):
        return SimpleNamespace(logits=rewards)

    expected = RewardTrainer.compute_loss(trainer, network, {})
    found = bradley_terry_loss(*rewards[:, 0].chunk(2))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
