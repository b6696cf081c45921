"""Los entrenadores de TRL con un GPT-2 diminuto: sus cifras son las del curso.

Las páginas citan las funciones `fit_demonstrations`, `fit_preferences` y `pursue_reward`: por eso son cortas.
"""

import pytest
import torch

from siguiente.alignment.dpo import Compared, dpo_loss
from siguiente.alignment.policy_gradient import group_advantages, leave_one_out
from siguiente.alignment.sft import sft_loss

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]
DEMONSTRATIONS = [
    {"prompt": "a b", "completion": " c d e"},
    {"prompt": "c", "completion": " a"},
    {"prompt": "e f a", "completion": " b b"},
]
PREFERENCES = [
    {"prompt": "a b", "chosen": " c d e", "rejected": " f"},
    {"prompt": "c", "chosen": " a", "rejected": " b c"},
]


def fit_demonstrations(model, demonstrations, options):
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    config = SFTConfig(completion_only_loss=True, **options)
    data = Dataset.from_list(demonstrations)  # «prompt» y «completion»
    trainer = SFTTrainer(model, config, train_dataset=data)
    trainer.train()
    return trainer


def fit_preferences(model, pairs, options):
    from datasets import Dataset
    from trl import DPOConfig, DPOTrainer

    config = DPOConfig(beta=0.1, loss_type="sigmoid", **options)
    data = Dataset.from_list(pairs)  # «prompt», «chosen» y «rejected»
    trainer = DPOTrainer(model, args=config, train_dataset=data)
    trainer.train()
    return trainer


def pursue_reward(model, prompts, reward, options):
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    config = GRPOConfig(num_generations=4, beta=0.04, **options)
    data = Dataset.from_dict({"prompt": prompts})
    trainer = GRPOTrainer(model, reward, config, train_dataset=data)
    trainer.train()
    return trainer


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
    dropout = dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0.0)
    special = {"bos_token_id": 1, "eos_token_id": 1, "pad_token_id": 0}
    torch.manual_seed(0)
    GPT2LMHeadModel(GPT2Config(**shape, **dropout, **special)).save_pretrained(folder)
    return str(folder)


@pytest.fixture
def options(tmp_path):
    return {
        "output_dir": str(tmp_path),
        "max_steps": 1,
        "logging_steps": 1,
        "learning_rate": 0.01,
        "seed": 1,
        "report_to": [],
        "use_cpu": True,
        "bf16": False,
        "save_strategy": "no",
        "disable_tqdm": True,
    }


@torch.no_grad()
def answer_logprobs(model, tokenizer, pairs):
    """De cada petición y su respuesta, lo que el modelo da a cada token de la respuesta y al final."""
    found = []
    for prompt, answer in pairs:
        asked, ids = (tokenizer(text)["input_ids"] for text in (prompt, prompt + answer + "<eos>"))
        ids = torch.tensor(ids)
        logprobs = model(ids[None]).logits[0, :-1].log_softmax(-1)
        found.append(logprobs.gather(1, ids[1:, None])[len(asked) - 1 :, 0])
    return found


def opened(folder):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    return AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)


def test_the_first_loss_of_sft(tiny_model, options):
    trainer = fit_demonstrations(tiny_model, DEMONSTRATIONS, options | {"per_device_train_batch_size": 3})
    rows = [(row["prompt"], row["completion"]) for row in DEMONSTRATIONS]
    answers = answer_logprobs(*opened(tiny_model), rows)
    joined = torch.cat(answers)[None]
    ours = sft_loss(joined, torch.ones_like(joined).bool())
    assert trainer.state.log_history[0]["loss"] == pytest.approx(ours.item(), abs=1e-3)


def test_the_loss_of_dpo_before_and_after_a_step(tiny_model, options):
    trainer = fit_preferences(tiny_model, PREFERENCES, options | {"per_device_train_batch_size": 2})
    assert trainer.state.log_history[0]["loss"] == pytest.approx(0.693, abs=1e-3)
    start, tokenizer = opened(tiny_model)
    sides = [[(row["prompt"], row[side]) for row in PREFERENCES] for side in ("chosen", "rejected")]
    totals = [
        torch.stack([each.sum() for each in answer_logprobs(model, tokenizer, rows)])
        for model in (trainer.model.eval(), start.eval())
        for rows in sides
    ]
    ours = dpo_loss(Compared(*totals), beta=0.1).item()
    assert ours < 0.69
    measured = trainer.evaluate(trainer.train_dataset)["eval_loss"]
    assert measured == pytest.approx(ours, abs=1e-4)


def word_count(completions, **_):
    return [float(len(text)) for text in completions]


def seen_by(trainer):
    """Recompensas y ventajas de un paso: dos peticiones, cuatro respuestas."""
    rewards, values = (
        torch.tensor(list(seen)).view(2, 4)
        for seen in (trainer._logs["rewards"]["word_count"], trainer._logs["advantages"])
    )
    assert rewards.std(1).all()
    return rewards, values


WRITTEN = {"per_device_train_batch_size": 8, "max_completion_length": 5}


def test_group_advantages(tiny_model, options):
    trainer = pursue_reward(tiny_model, ["a b", "c d"] * 4, word_count, options | WRITTEN)
    rewards, expected = seen_by(trainer)
    torch.testing.assert_close(group_advantages(rewards).values, expected, atol=1e-5, rtol=1e-5)


def test_leave_one_out_advantages(tiny_model, options):
    from datasets import Dataset
    from trl import RLOOConfig, RLOOTrainer

    config = RLOOConfig(num_generations=4, beta=0.0, **options, **WRITTEN)
    data = Dataset.from_dict({"prompt": ["a b", "c d"] * 4})
    trainer = RLOOTrainer(tiny_model, word_count, config, train_dataset=data)
    trainer.train()
    rewards, expected = seen_by(trainer)
    torch.testing.assert_close(leave_one_out(rewards), expected, atol=1e-5, rtol=1e-5)


def test_what_grpo_is_by_default_in_trl():
    from trl import GRPOConfig

    config = GRPOConfig(use_cpu=True, bf16=False)
    assert (config.loss_type, config.beta) == ("dapo", 0.0)
