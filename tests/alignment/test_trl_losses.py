"""Las mismas pérdidas, sobre los mismos tensores, en TRL.

Sus fórmulas viven dentro de métodos de los entrenadores. Cuando el método solo necesita unos números, se
le da un entrenador de mentira que los tiene; las ventajas, que se calculan entre otras cosas, salen de
entrenadores de verdad con un GPT-2 diminuto. TRL 1.16 ya no trae PPO: su objetivo recortado se compara
con el de GRPO sin divergencia y con una ventaja por token, y lo demás (GAE, el valor) tiene sus propias
pruebas.
"""

from collections import defaultdict
from types import SimpleNamespace

import pytest
import torch

from siguiente.alignment.dpo import dpo_loss
from siguiente.alignment.policy_gradient import (
    group_advantages,
    grpo_loss,
    leave_one_out,
    ppo_loss,
    reinforce_loss,
)
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


def test_dpo_loss(batch):
    from trl import DPOTrainer

    new, _, ref, _, mask = batch
    new, ref = (table * mask for table in (new, ref))

    def outputs(logprobs):
        zero = torch.zeros(B, T)
        fields = {"entropy": zero, "mean_logits": zero, "is_top1": zero.bool()}
        return lambda **_: SimpleNamespace(log_probs=logprobs, **fields)

    trainer = fake_trainer(
        ld_alpha=None,
        precompute_ref_logps=True,
        f_divergence_type="reverse_kl",
        loss_types=["sigmoid"],
        loss_weights=[1.0],
        beta=0.3,
        use_weighting=False,
    )
    completion = torch.cat([torch.zeros(B, 1, dtype=torch.bool), mask], 1).long()
    inputs = dict.fromkeys(["input_ids", "attention_mask", "completion_mask"], completion)
    references = ref.sum(1).chunk(2)
    inputs |= dict(zip(["ref_chosen_logps", "ref_rejected_logps"], references, strict=True))

    def trl(logprobs):
        return DPOTrainer._compute_loss(trainer, outputs(logprobs), inputs, False)

    def terms(logprobs):
        chosen, rejected = logprobs.sum(1).chunk(2)
        return dpo_loss(chosen, rejected, *references, beta=0.3)

    found = with_gradient(lambda logprobs: terms(logprobs).loss, new)
    torch.testing.assert_close(found, with_gradient(trl, new), atol=1e-5, rtol=1e-5)
    metrics = trainer._metrics["eval"]
    names = ["chosen", "rejected", "accuracies"]
    expected = [metrics[f"rewards/{name}"][-1] for name in names]
    assert [term.item() for term in terms(new)[1:]] == pytest.approx(expected, abs=1e-5)


def test_reward_model_loss():
    from trl import RewardTrainer

    rewards = torch.randn(6, 1, generator=torch.Generator().manual_seed(0))
    trainer = fake_trainer(args=SimpleNamespace(center_rewards_coefficient=None))

    def network(**_):
        return SimpleNamespace(logits=rewards)

    expected = RewardTrainer.compute_loss(trainer, network, {})
    found = bradley_terry_loss(*rewards[:, 0].chunk(2))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory):
    """Una carpeta con un GPT-2 de ocho palabras, para los entrenadores de verdad."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    words = {word: i for i, word in enumerate(["<pad>", "<eos>", *"abcdef"])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<pad>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    special = {"pad_token": "<pad>", "eos_token": "<eos>", "padding_side": "left"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)
    shape = {"vocab_size": 8, "n_positions": 32, "n_embd": 8, "n_layer": 1, "n_head": 1}
    torch.manual_seed(0)
    GPT2LMHeadModel(GPT2Config(**shape, bos_token_id=1, eos_token_id=1, pad_token_id=0)).save_pretrained(
        folder
    )
    return folder


def trl_advantages(method, folder, **options):
    """Recompensas y ventajas de un paso de un entrenador de TRL: dos peticiones, cuatro respuestas."""
    import trl
    from datasets import Dataset

    seen = {}

    class Spy(getattr(trl, f"{method}Trainer")):
        def _generate_and_score_completions(self, inputs):
            output = super()._generate_and_score_completions(inputs)
            seen["advantages"] = output["advantages"]
            return output

    def reward(completions, **_):
        seen["rewards"] = [float(len(text)) for text in completions]
        return seen["rewards"]

    config = getattr(trl, f"{method}Config")(
        output_dir=str(folder),
        report_to=[],
        max_steps=1,
        per_device_train_batch_size=8,
        num_generations=4,
        max_completion_length=5,
        beta=0.0,
        use_cpu=True,
        bf16=False,
        save_strategy="no",
        disable_tqdm=True,
        seed=1,
        **options,
    )
    data = Dataset.from_dict({"prompt": ["a b", "c d"] * 4})
    Spy(model=str(folder), reward_funcs=reward, args=config, train_dataset=data).train()
    rewards = torch.tensor(seen["rewards"]).view(2, 4)
    assert rewards.std(1).all()
    return rewards, seen["advantages"].view(2, 4)


def test_group_advantages(tiny_model):
    rewards, expected = trl_advantages("GRPO", tiny_model, scale_rewards="group")
    torch.testing.assert_close(group_advantages(rewards).values, expected, atol=1e-5, rtol=1e-5)


def test_leave_one_out_advantages(tiny_model):
    rewards, expected = trl_advantages("RLOO", tiny_model)
    torch.testing.assert_close(leave_one_out(rewards), expected, atol=1e-5, rtol=1e-5)
