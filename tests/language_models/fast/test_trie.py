import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from siguiente.language_models.fast.trie import CHAIN_LIMIT, TokenTrie, score_trie

PATHS = st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=8), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(paths=PATHS, start=st.integers(1, 3))
def test_every_node_equals_one_plain_pass_over_its_text(gru, oracle, paths, start):
    trie = TokenTrie()
    nodes = [trie.insert(path, wanted_from=start) for path in paths]
    logprobs = score_trie(gru, trie)
    for path, row in zip(paths, nodes, strict=True):
        ids = torch.tensor([path])
        plain = oracle(gru, ids)[0, :-1].gather(-1, ids[0, 1:, None]).squeeze(-1)
        torch.testing.assert_close(logprobs[row[start:]], plain[start - 1 :], atol=1e-4, rtol=0)


def test_a_shared_prefix_is_read_once(gru):
    trie = TokenTrie()
    for last in range(20):
        trie.insert([*range(100), last], wanted_from=100)
    score_trie(gru, trie)
    assert gru.read == 100


def test_only_what_was_asked_is_scored(gru):
    trie = TokenTrie()
    trie.insert([5, 6, 7], wanted_from=2)
    assert score_trie(gru, trie).isnan().tolist() == [True, True, True, False]


def test_long_chains_are_cut_without_changing_the_result(gru, oracle):
    ids = torch.randint(0, 256, (1, 300), generator=torch.Generator().manual_seed(5))
    trie = TokenTrie()
    path = trie.insert(ids[0].tolist(), wanted_from=1)
    plain = oracle(gru, ids)[0, :-1].gather(-1, ids[0, 1:, None]).squeeze(-1)
    torch.testing.assert_close(score_trie(gru, trie)[path[1:]], plain, atol=1e-4, rtol=0)


def test_a_prompt_that_goes_on_another_one_asks_for_few_logits_at_a_time(gru, monkeypatch):
    asked, step = [], gru.step

    def counted(ids, state=None, last=1):
        asked.append(last)
        return step(ids, state, last)

    monkeypatch.setattr(gru, "step", counted)
    trie = TokenTrie()
    trie.insert(range(10), wanted_from=9)
    trie.insert([*range(10), *range(240)], wanted_from=249)
    score_trie(gru, trie)
    assert max(asked) <= CHAIN_LIMIT


def test_the_first_token_cannot_be_asked_for(gru):
    trie = TokenTrie()
    trie.insert([1, 2], wanted_from=0)
    with pytest.raises(ValueError, match="anteponga el de comienzo"):
        score_trie(gru, trie)
