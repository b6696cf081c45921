"""El gemelo enmascarado: las proporciones de BERT, la mirada a los dos lados y el aprender a rellenar."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.language_models.training import TrainingConfig
from siguiente.language_models.windows import IGNORED, find_windows
from siguiente.transformers.gpt import GPTConfig
from siguiente.transformers.masked import (
    MaskedModel,
    fill,
    fill_in_steps,
    mask_tokens,
    masked_batches,
    train_masked,
)

CONFIG = GPTConfig(vocab_size=11, context_length=16, layers=2, heads=2, channels=16)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_proportions_are_those_of_bert():
    """De cada mil tokens: 150 elegidos, 120 tapados, 15 al azar y 15 intactos."""
    ids = torch.randint(1000, (200, 1000), generator=seeded())
    inputs, targets = mask_tokens(ids, 1000, seeded())
    chosen = targets != IGNORED
    hidden = (inputs == 1000).float().mean().item()
    swapped = ((inputs != ids) & (inputs != 1000)).float().mean().item()
    kept = (chosen & (inputs == ids)).float().mean().item()
    assert (chosen.sum(1) == 150).all()
    assert hidden == pytest.approx(0.12, rel=0.02)
    assert swapped == pytest.approx(0.015, rel=0.06)
    assert kept == pytest.approx(0.015, rel=0.06)


def test_every_place_is_chosen_equally_often():
    _, targets = mask_tokens(torch.zeros(20_000, 20, dtype=torch.int64), 1, seeded())
    often = (targets != IGNORED).float().mean(0)
    torch.testing.assert_close(often, torch.full((20,), 0.15), atol=0.015, rtol=0)


@given(st.integers(1, 4), st.integers(1, 16), st.integers(0, 99))
@settings(deadline=None)
def test_only_the_chosen_change_and_the_answer_is_what_was_there(rows, length, seed):
    ids = torch.randint(11, (rows, length), generator=seeded(seed))
    inputs, targets = mask_tokens(ids, 11, seeded(seed))
    chosen = targets != IGNORED
    assert torch.equal(inputs[~chosen], ids[~chosen])
    assert torch.equal(targets[chosen], ids[chosen])
    assert chosen.any(1).all()


def test_the_gaps_are_the_share_of_each_row_that_is_text():
    """De 100, 40 y 0 sitios se eligen 15, 6 y ninguno, siempre entre ellos."""
    places = torch.arange(100) < torch.tensor([[100], [40], [0]])
    _, targets = mask_tokens(torch.zeros(3, 100, dtype=torch.int64), 1, seeded(), places)
    assert (targets != IGNORED).sum(1).tolist() == [15, 6, 0]
    assert (targets[~places] == IGNORED).all()


def test_no_gap_falls_in_the_padding():
    """Con 0 de separación y textos de 1 y de 12 tokens, ningún hueco tapa un 0 y el corto siempre cuenta."""
    stream = torch.tensor([0, 5, 0, *[3] * 12, 0])
    config = TrainingConfig(steps=1, batch_size=2, length=16, boundary=0)
    batches = masked_batches(11, stream, find_windows(stream, 16, 0), config)
    for _, (inputs, targets) in zip(range(50), batches, strict=False):
        chosen = targets != IGNORED
        assert inputs.shape == (2, 13)
        assert (targets[chosen] > 0).all()
        assert sorted(chosen.sum(1).tolist()) == [1, 2]


def test_without_padding_every_place_can_be_a_gap():
    config = TrainingConfig(steps=1, batch_size=2, length=4)
    stream = torch.zeros(9, dtype=torch.int64)
    batches = masked_batches(11, stream, find_windows(stream, 4), config)
    often = sum((targets != IGNORED).float() for _, (_, targets) in zip(range(60), batches, strict=False))
    assert (often > 0).all()


def test_an_empty_text_leaves_no_gap_to_fill():
    config = TrainingConfig(steps=3, batch_size=1, length=8, boundary=0)
    losses = list(train_masked(MaskedModel(CONFIG), torch.tensor([0, 0, 4, 5, 0, 0]), config))
    assert torch.tensor(losses).isfinite().all()
    with pytest.raises(ValueError, match="No hay ventanas"):
        list(train_masked(MaskedModel(CONFIG), torch.tensor([0, 0, 0]), config))


def test_it_looks_both_ways():
    model, ids = MaskedModel(CONFIG), torch.tensor([[1, 2, 3, 4]])
    changed = torch.tensor([[1, 2, 3, 5]])
    assert not torch.allclose(model(ids)[0, 0], model(changed)[0, 0])


def test_it_learns_to_use_what_comes_after():
    """Tras un 0 va 1 o 2, y lo decide el token que sigue al hueco: solo se acierta si se mira después."""
    words = torch.randint(2, (3000,), generator=seeded())
    stream = torch.stack([torch.zeros_like(words), words + 1, words + 3], 1).flatten()
    model = MaskedModel(CONFIG)
    config = TrainingConfig(steps=150, batch_size=32, length=6, learning_rate=2e-2, warmup=10)
    losses = list(train_masked(model, stream, config))
    assert sum(losses[-20:]) / 20 < 0.2 < 0.46 < losses[0]  # sin mirar después, 2/3 · log 2 = 0,46
    for word in (0, 1):
        ids = torch.tensor([0, word + 1, word + 3] * 2)
        assert fill(model, ids, 1)[word + 1] > 0.9


def test_fill_ignores_what_it_covers():
    model = MaskedModel(CONFIG)
    first, second = fill(model, torch.tensor([1, 2, 3]), 1), fill(model, torch.tensor([1, 9, 3]), 1)
    assert torch.equal(first, second)
    assert first.shape == (11,)
    torch.testing.assert_close(first.sum(), torch.tensor(1.0))


def test_training_repeats_with_its_seed():
    config = TrainingConfig(steps=3, batch_size=4, length=8)
    stream = torch.arange(100) % 11
    one, two = (list(train_masked(MaskedModel(CONFIG), stream, config)) for _ in range(2))
    assert one == two


def test_a_loss_that_diverges():
    model = MaskedModel(CONFIG)
    losses = train_masked(model, torch.arange(100) % 11, TrainingConfig(steps=3, batch_size=4, length=8))
    next(losses)
    with torch.no_grad():
        model.network.norm.weight.fill_(torch.nan)
    with pytest.raises(ValueError, match=r"paso 1 .*finito.*`learning_rate`"):
        next(losses)


def test_gaps_are_filled_one_by_one_and_the_surest_first():
    model = MaskedModel(CONFIG, seed=4)
    ids = torch.tensor([3, model.mask_id, 5, model.mask_id, 1])
    chances = model(ids[None])[0].softmax(-1)
    first = max((1, 3), key=lambda k: chances[k].max())
    second = 4 - first
    by_hand = ids.clone()
    by_hand[first] = chances[first].argmax()
    by_hand[second] = model(by_hand[None])[0, second].argmax()
    assert torch.equal(fill_in_steps(model, ids), by_hand)
    assert (ids == model.mask_id).sum() == 2


def test_a_text_without_gaps_is_left_alone():
    ids = torch.tensor([3, 1, 2])
    assert torch.equal(fill_in_steps(MaskedModel(CONFIG), ids), ids)
