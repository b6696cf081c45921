"""Peticiones y respuestas en un lote, y su probabilidad."""

import pytest
import torch

from siguiente.alignment.sequences import answer_logprobs, join_answers
from siguiente.language_models.scoring import score, token_logprobs
from siguiente.transformers.gpt import GPT, GPTConfig

PROMPTS, REPLIES = [[1, 2, 3], [4]], [[5, 6], [7, 0, 6]]


@pytest.fixture
def model():
    return GPT(GPTConfig(vocab_size=9, context_length=6, layers=1, heads=2, channels=8)).eval()


def test_each_answer_keeps_its_place():
    answers = join_answers(PROMPTS, REPLIES)
    assert [row[mask].tolist() for row, mask in zip(*answers, strict=True)] == REPLIES
    assert answers.ids[1, :1].tolist() == PROMPTS[1]


def test_logprobs_are_those_of_each_answer_alone(model):
    found = answer_logprobs(model, join_answers(PROMPTS, REPLIES)).sum(1)
    for prompt, answer, total in zip(PROMPTS, REPLIES, found, strict=True):
        alone = score(model, torch.tensor([prompt + answer]), start=len(prompt)).sum()
        torch.testing.assert_close(total.detach(), alone)


def test_skipping_useless_logits_changes_neither_values_nor_gradients(model):
    rows = torch.randint(9, (300, 6), generator=torch.Generator().manual_seed(0)).tolist()
    answers = join_answers([row[:2] for row in rows], [row[2:] for row in rows])  # no caben en una tanda
    every = token_logprobs(model(answers.ids[:, :-1]), answers.ids[:, 1:])
    expected = every.masked_fill(~answers.mask[:, 1:], 0)
    found = answer_logprobs(model, answers)
    torch.testing.assert_close(found, expected)
    gradients = [torch.autograd.grad((v * v).sum(), model.tokens.weight)[0] for v in (found, expected)]
    torch.testing.assert_close(*gradients, atol=1e-3, rtol=1e-4)


def test_only_the_answer_has_gradient(model):
    answers = join_answers([[1, 2]], [[3]])
    logprobs = answer_logprobs(model, answers)
    assert logprobs[0, 0] == 0
    logprobs.sum().backward()
    assert model.tokens.weight.grad[1].abs().sum() > 0
