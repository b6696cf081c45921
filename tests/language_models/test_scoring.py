import pytest
import torch

from siguiente.language_models import scoring
from siguiente.language_models.scoring import score


def test_score_equals_one_plain_pass(gru, oracle):
    ids = torch.randint(0, 256, (3, 40), generator=torch.Generator().manual_seed(1))
    expected = oracle(gru, ids)[:, :-1].gather(-1, ids[:, 1:, None]).squeeze(-1)
    torch.testing.assert_close(score(gru, ids), expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("start", [1, 7, 39])
def test_batches_of_positions_change_nothing(gru, monkeypatch, start):
    ids = torch.randint(0, 256, (2, 40), generator=torch.Generator().manual_seed(2))
    whole = score(gru, ids)
    monkeypatch.setattr(scoring, "LOGITS_BUDGET", 2 * gru.vocab_size * 3)
    torch.testing.assert_close(score(gru, ids, start=start), whole[:, start - 1 :], atol=1e-5, rtol=0)


def test_never_forms_more_logits_than_the_budget(gru, monkeypatch):
    formed = []
    step = gru.step
    monkeypatch.setattr(scoring, "LOGITS_BUDGET", gru.vocab_size * 5)
    monkeypatch.setattr(
        gru, "step", lambda ids, state=None, last=1: formed.append(last) or step(ids, state, last)
    )
    score(gru, torch.zeros(1, 33, dtype=torch.long))
    assert max(formed) == 5
    assert sum(formed) == 32


def test_a_state_stands_for_the_prefix(gru):
    ids = torch.randint(0, 256, (1, 20), generator=torch.Generator().manual_seed(3))
    _, state = gru.step(ids[:, :8])
    torch.testing.assert_close(score(gru, ids[:, 8:], state), score(gru, ids)[:, 8:], atol=1e-5, rtol=0)


def test_padding_on_the_right_is_not_seen(gru):
    ids = torch.randint(0, 256, (2, 12), generator=torch.Generator().manual_seed(4))
    padded = torch.cat([ids, torch.zeros(2, 5, dtype=torch.long)], 1)
    torch.testing.assert_close(score(gru, padded)[:, :11], score(gru, ids), atol=1e-6, rtol=0)
