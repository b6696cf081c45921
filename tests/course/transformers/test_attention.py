"""La tarea de copiar, quién puede hacerla y quién no, y la raíz de d: lo que predicen las cuentas."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from siguiente.course.transformers.attention import (
    WORDS,
    Copier,
    copied,
    copied_by_length,
    copy_batch,
    copy_row,
    sample_scores,
    softmax_slack,
    train_copier,
    word_ids,
)
from siguiente.language_models.training import TrainingConfig
from siguiente.language_models.windows import IGNORED

TINY = TrainingConfig(steps=200, batch_size=32, learning_rate=1e-2, warmup=10, weight_decay=0)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@given(st.integers(1, 5), st.integers(1, 9), st.integers(0, 99))
def test_a_batch_asks_for_the_same_words_again(count, length, seed):
    inputs, targets = copy_batch(count, length, 9, seeded(seed))
    words = inputs[:, :length]
    assert all(len(set(row)) == length for row in words.tolist())
    assert (inputs[:, length] == 9).all()
    assert torch.equal(inputs[:, length + 1 :], words[:, :-1])
    assert torch.equal(targets[:, length:], words)
    assert (targets[:, :length] == IGNORED).all()


def test_what_is_written_depends_only_on_what_may_be_seen():
    """Sin atención, dos frases que dejan el mismo vector se copian igual; con ella, no."""
    inputs, _ = copy_row(torch.tensor([[1, 2, 3]]), 9)
    for attention in (False, True):
        model = Copier(9, 8, attention)
        last = model.reader(model.tokens(inputs[:, :3]))[1]
        hook = model.reader.register_forward_hook(lambda module, given, output, last=last: (output[0], last))
        other, _ = copy_row(torch.tensor([[4, 5, 6]]), 9)
        other[:, 4:] = inputs[:, 4:]
        same = torch.allclose(model(other)[:, 3:], model(inputs)[:, 3:])
        hook.remove()
        assert same is not attention


def test_a_written_word_never_looks_at_the_next_ones():
    inputs, _ = copy_batch(2, 5, 9, seeded())
    model, changed = Copier(9, 8), inputs.clone()
    changed[:, -1] = (changed[:, -1] + 1) % 9
    assert torch.equal(model(inputs)[:, 5:-1], model(changed)[:, 5:-1])


def test_weights_are_probabilities_over_what_was_read():
    weights = Copier(9, 8).weights(copy_batch(2, 5, 9, seeded())[0])
    assert weights.shape == (2, 5, 5)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 5))


def test_attention_learns_what_a_fixed_vector_does_not():
    scores = []
    for attention, channels in ((True, 32), (False, 36)):
        model = Copier(12, channels, attention)
        list(train_copier(model, 12, 8, TINY))
        scores.append(copied(model, copy_batch(200, 8, 12, seeded(1))).float().mean().item())
    assert scores[0] > 0.7
    assert scores[1] < 0.1


def test_a_copy_counts_only_if_every_word_is_right():
    inputs, targets = copy_batch(4, 3, 9, seeded())

    def perfect(ids):
        return torch.nn.functional.one_hot(targets.clamp(min=0), 10).float()

    def one_wrong(ids):
        logits = perfect(ids)
        logits[0, -1] = torch.nn.functional.one_hot((targets[0, -1] + 1) % 9, 10)
        return logits

    assert copied(perfect, (inputs, targets)).tolist() == [True] * 4
    assert copied(one_wrong, (inputs, targets)).tolist() == [False, True, True, True]


def test_the_seed_decides_and_touches_no_other_chance():
    before = torch.get_rng_state()
    one, two = Copier(9, 8, seed=1), Copier(9, 8, seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(one.head.weight, two.head.weight)


def test_the_words_are_forty_and_all_different():
    assert len(set(WORDS)) == len(WORDS) == 40
    assert [WORDS[i] for i in word_ids("la luna vuelve")[0]] == ["la", "luna", "vuelve"]


def test_a_column_per_length_counts_copies():
    hits = copied_by_length(Copier(9, 8), [1, 5], count=30, words=9, seed=0)
    batch = copy_batch(30, 1, 9, seeded())
    assert torch.equal(hits[:, 0], copied(Copier(9, 8), batch))
    assert hits.shape == (30, 2)


@pytest.mark.parametrize("dimension", [1, 16, 300])
def test_the_variance_is_the_dimension_and_dividing_makes_it_one(dimension):
    raw = sample_scores(dimension, 4000, 10, torch.Generator().manual_seed(0), scaled=False)
    scaled = sample_scores(dimension, 4000, 10, torch.Generator().manual_seed(0), scaled=True)
    assert raw.scores.var().item() == pytest.approx(dimension, rel=0.06)
    torch.testing.assert_close(scaled.scores, raw.scores / dimension**0.5)


def test_without_dividing_the_softmax_freezes():
    raw = sample_scores(1024, 500, 40, torch.Generator().manual_seed(0), scaled=False)
    scaled = sample_scores(1024, 500, 40, torch.Generator().manual_seed(0), scaled=True)
    assert raw.top.mean() > 0.95
    assert raw.slack.mean() < 0.1
    assert scaled.top.mean() < 0.25
    assert scaled.slack.mean() > 0.85


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=8))
def test_the_slack_is_the_trace_of_the_derivative(scores):
    z = torch.tensor(scores, dtype=torch.double)
    jacobian = torch.autograd.functional.jacobian(lambda x: x.softmax(-1), z)
    torch.testing.assert_close(softmax_slack(z.softmax(-1)), jacobian.trace())
