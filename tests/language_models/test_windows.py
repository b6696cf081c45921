import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.language_models.windows import (
    IGNORED,
    Windows,
    cut_windows,
    find_windows,
    shuffled_windows,
)


def epoch(windows, seed=0):
    """Las ventanas de una época, en el orden en que salen."""
    parts = shuffled_windows(windows, 1, seed)
    return Windows(*map(torch.cat, zip(*(next(parts) for _ in windows.start), strict=True)))


@settings(deadline=None)
@given(extra=st.integers(1, 40), length=st.integers(1, 12), seed=st.integers(0, 5), every=st.integers(0, 9))
def test_an_epoch_predicts_every_token_once_and_from_the_one_before(extra, length, seed, every):
    stream = torch.arange(100, 100 + length + extra)
    boundary = None
    if every:  # el mismo flujo con un límite cada pocos tokens
        boundary, stream = 0, stream.masked_fill(torch.arange(len(stream)) % every == 0, 0)
    inputs, targets = cut_windows(stream, epoch(find_windows(stream, length, boundary), seed))
    counted = targets != IGNORED
    pairs = sorted(zip(inputs[counted].tolist(), targets[counted].tolist(), strict=True))
    assert pairs == sorted(zip(stream[:-1].tolist(), stream[1:].tolist(), strict=True))


def test_without_boundary_a_window_is_consecutive_text():
    stream = torch.arange(10, 21)
    inputs, _ = cut_windows(stream, find_windows(stream, 4))
    assert inputs.tolist() == [[10, 11, 12, 13], [14, 15, 16, 17], [16, 17, 18, 19]]


def test_with_boundary_every_text_is_read_from_its_beginning_and_padded_with_its_end():
    stream = torch.tensor([0, 5, 6, 7, 0, 8, 0])
    inputs, targets = cut_windows(stream, find_windows(stream, 9, boundary=0))
    assert inputs.tolist() == [[0, 5, 6, 7], [0, 8, 0, 0]]
    assert targets.tolist() == [[5, 6, 7, 0], [8, 0, IGNORED, IGNORED]]


def test_each_epoch_is_another_order_and_batches_do_not_stop_between_them():
    windows = find_windows(torch.arange(31), length=3)
    parts = shuffled_windows(windows, batch_size=4, seed=0)
    rows = torch.cat([next(parts).start for _ in range(5)]).view(2, 10)
    assert rows.sort().values.tolist() == [windows.start.sort().values.tolist()] * 2
    assert rows[0].tolist() != rows[1].tolist()


def test_the_seed_decides_the_order():
    windows = find_windows(torch.arange(99), 2)
    first, again, other = (epoch(windows, seed).start for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("size", [0, 1])
@pytest.mark.parametrize("boundary", [None, 0])
def test_a_stream_with_nothing_to_predict_is_refused(size, boundary):
    with pytest.raises(ValueError, match=f"El flujo tiene {size} tokens y una ventana necesita"):
        find_windows(torch.zeros(size, dtype=torch.int64), 3, boundary)


def test_no_windows_are_refused_at_once_and_not_shuffled_for_ever():
    none = find_windows(torch.arange(9), 2).select(torch.empty(0, dtype=torch.int64))
    with pytest.raises(ValueError, match="No hay ventanas"):
        next(shuffled_windows(none, 4, seed=0))
