import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.language_models.windows import IGNORED, cut_windows, shuffled_windows, window_count


@settings(deadline=None)
@given(extra=st.integers(1, 40), length=st.integers(1, 12), seed=st.integers(0, 5))
def test_an_epoch_predicts_every_token_once_and_from_the_one_before(extra, length, seed):
    stream = torch.arange(100, 100 + length + extra)
    count = window_count(stream, length)
    rows = next(shuffled_windows(stream, length, batch_size=count, seed=seed))
    inputs, targets = cut_windows(stream, rows, length)
    counted = targets != IGNORED
    assert sorted(targets[counted].tolist()) == stream[1:].tolist()
    assert torch.equal(targets[counted], inputs[counted] + 1)


def test_a_window_is_consecutive_text():
    inputs, _ = cut_windows(torch.arange(10, 21), torch.tensor([0, 1, 2]), 4)
    assert inputs.tolist() == [[10, 11, 12, 13], [14, 15, 16, 17], [16, 17, 18, 19]]


def test_each_epoch_is_another_order_and_batches_do_not_stop_between_them():
    stream = torch.arange(31)
    parts = shuffled_windows(stream, length=3, batch_size=4, seed=0)
    rows = torch.cat([next(parts) for _ in range(5)]).view(2, 10)
    assert rows.sort().values.tolist() == [list(range(10))] * 2
    assert rows[0].tolist() != rows[1].tolist()


def test_the_seed_decides_the_order():
    first, again, other = (next(shuffled_windows(torch.arange(99), 2, 20, seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
