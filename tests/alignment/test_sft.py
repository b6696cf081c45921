"""Ajuste fino supervisado: solo cuenta la respuesta, es el bucle de siempre y se puede interrumpir."""

import pytest
import torch
from torch import nn

from siguiente.alignment.sequences import Demonstrations, answer_logprobs, join_answers
from siguiente.alignment.sft import (
    AnswerLogits,
    answers_only,
    sft_batch,
    sft_loss,
    train_sft,
)
from siguiente.language_models.training import TrainingConfig, next_token_loss
from siguiente.transformers.gpt import GPT, GPTConfig

ANSWERS = join_answers([[1, 2, 3], [4]], [[5, 6], [7, 0, 6]])
DATA = Demonstrations([[n, 8] for n in range(6)], [[n + 1, 7] for n in range(6)])
CONFIG = TrainingConfig(steps=12, batch_size=2, learning_rate=0.05, evaluate_every=5)


def gpt():
    return GPT(GPTConfig(vocab_size=9, context_length=6, layers=1, heads=2, channels=8))


class Network(nn.Module):
    """Una red con la forma de las de transformers: un decodificador que da vectores y una última capa."""

    def __init__(self):
        super().__init__()
        self.gpt = gpt()

    def get_decoder(self):
        class Output:
            def __init__(self, vectors):
                self.last_hidden_state = vectors

        return lambda input_ids, use_cache: Output(self.gpt.hidden(input_ids))

    def lm_head(self, x):
        return self.gpt.head(x)


def test_by_hand():
    logprobs = torch.tensor([[-1.0, -2.0, float("-inf")], [-4.0, -9.0, -9.0]])
    mask = torch.tensor([[True, True, False], [True, False, False]])
    assert sft_loss(logprobs, mask).item() == pytest.approx(7 / 3)


def test_three_ways_to_the_same_loss():
    model = gpt()
    pure = sft_loss(answer_logprobs(model, ANSWERS), ANSWERS.mask[:, 1:])
    inputs, targets = sft_batch(ANSWERS)
    torch.testing.assert_close(next_token_loss(model(inputs), targets), pure)
    answers, tokens = answers_only(ANSWERS)
    network = Network()
    torch.testing.assert_close(next_token_loss(AnswerLogits(network)(answers), tokens), pure)
    assert tokens.numel() == 5


def test_the_prompt_is_read_but_not_learned():
    model, changed = gpt(), ANSWERS.ids.clone()
    logits = model(sft_batch(ANSWERS)[0])
    logits.retain_grad()
    next_token_loss(logits, sft_batch(ANSWERS)[1]).backward()
    assert torch.equal(logits.grad.abs().sum(-1) > 0, ANSWERS.mask[:, 1:])
    changed[0, 0] = 8
    other = next_token_loss(model(changed[:, :-1]), sft_batch(ANSWERS)[1])
    assert other != next_token_loss(model(ANSWERS.ids[:, :-1]), sft_batch(ANSWERS)[1])


def test_it_learns_to_answer_and_to_end():
    model = gpt()
    losses = list(train_sft(model, DATA, TrainingConfig(steps=150, batch_size=3, learning_rate=0.05)))
    assert losses[-1] < 0.05 < 1 < losses[0]
    for prompt, answer in zip(*DATA, strict=True):
        ids = torch.tensor([prompt + answer])
        assert model(ids)[0, 1:3].argmax(-1).tolist() == answer


@pytest.mark.parametrize("make", [gpt, lambda: AnswerLogits(Network())])
def test_an_interrupted_run_ends_the_same(tmp_path, make):
    whole, broken = make(), make()
    losses = list(train_sft(whole, DATA, CONFIG))
    path = tmp_path / "sft.pt"
    for loss, expected in zip(train_sft(broken, DATA, CONFIG, path), losses[:7], strict=False):
        assert loss == expected
    resumed = make()
    assert list(train_sft(resumed, DATA, CONFIG, path)) == losses
    for found, expected in zip(resumed.parameters(), whole.parameters(), strict=True):
        assert torch.equal(found, expected)
    again = make()
    assert list(train_sft(again, DATA, CONFIG, path)) == losses  # ya estaba terminado
    assert torch.equal(next(again.parameters()), next(whole.parameters()))


def test_the_checkpoint_of_another_run_is_refused(tmp_path):
    list(train_sft(gpt(), DATA, CONFIG, tmp_path / "sft.pt"))
    other = Demonstrations(DATA.prompts, [[0, 7]] * 6)
    with pytest.raises(ValueError, match="no coincide el texto"):
        next(train_sft(gpt(), other, CONFIG, tmp_path / "sft.pt"))
