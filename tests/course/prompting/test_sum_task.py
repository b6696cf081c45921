"""El modelo de las sumas: qué aprende, qué no, y que escribe lo que dice escribir."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from siguiente.course.data.sums import Sum, draw_sums
from siguiente.course.prompting.sum_task import (
    CONTEXT,
    make_sum_model,
    solution_only,
    sum_tokenizer,
    train_sums,
    write_sums,
)
from siguiente.language_models.sampling import sampler
from siguiente.language_models.training import TrainingConfig, next_token_loss
from siguiente.language_models.windows import IGNORED

FEW = [Sum(2, 3), Sum(4, 4), Sum(9, 5), Sum(7, 1)]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@given(st.builds(Sum, st.integers(0, 999), st.integers(0, 999)))
def test_every_sum_fits_with_a_token_per_word(added):
    text = added.question + added.solution(steps=True)
    ids = sum_tokenizer().encode(text)
    assert len(ids) <= CONTEXT - 2
    assert {token for token in ids if token < 256} <= set(b":,;")
    assert sum_tokenizer().decode(ids) == text


@pytest.mark.parametrize("worked", [True, False])
def test_it_learns_a_few_sums_by_heart(worked):
    model = make_sum_model()
    list(train_sums(model, FEW, worked, TrainingConfig(steps=60, batch_size=4, learning_rate=5e-3)))
    assert write_sums(model, FEW) == [[added.solution(worked)] for added in FEW]


def test_the_question_is_not_learned():
    """La pérdida de un lote es la de los tokens de la solución y del final: ni uno más."""
    model, config = make_sum_model(), TrainingConfig(steps=1, batch_size=1)
    loss = next(train_sums(model, [Sum(2, 3)], False, config))
    model = make_sum_model()
    question, whole = (model.encode(text) for text in ("dos más tres", "dos más tres son cinco"))
    ids = torch.tensor([[*whole, model.tokenizer.eos_id]])
    logits = model.model(ids[:, :-1])
    start = len(question) - 1
    assert loss == pytest.approx(next_token_loss(logits[:, start:], ids[:, 1 + start :]).item(), abs=1e-5)


def test_only_the_solution_counts_in_each_row():
    inputs, targets = torch.tensor([[0, 1, 9, 5], [0, 1, 1, 9]]), torch.tensor([[1, 9, 5, 9], [1, 1, 9, 6]])
    same, kept = solution_only(inputs, targets, first=9)
    assert same is inputs
    assert kept.tolist() == [[IGNORED, 9, 5, 9], [IGNORED, IGNORED, 9, 6]]


def test_the_seed_decides():
    one, two, other = (make_sum_model(seed).model.tokens.weight for seed in (0, 0, 1))
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


def test_each_question_gets_its_own_samples():
    model, sums = make_sum_model(), [*draw_sums(2, 3, seeded()), *draw_sums(2, 1, seeded())]
    greedy = write_sums(model, sums, n=2)
    assert all(first == second for first, second in greedy)
    assert [texts[0] for texts in greedy] == [texts[0] for texts in write_sums(model, sums)]
    samples = write_sums(model, sums, sampler(seeded()), n=2)
    assert all(first != second for first, second in samples)
    assert samples == write_sums(model, sums, sampler(seeded()), n=2)
