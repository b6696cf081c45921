import torch

from siguiente.transformers.gpt import GPT, GPTConfig
from siguiente.transformers.heads import head_weights, without_head

MODEL = GPT(GPTConfig(vocab_size=9, context_length=8, layers=2, heads=2, channels=8), seed=3)
IDS = torch.tensor([3, 1, 4, 1, 5])


def test_the_weights_are_those_of_transformers():
    from siguiente.course.transformers.gpt2_twin import gpt2_twin

    twin = gpt2_twin(MODEL)
    twin.set_attn_implementation("eager")
    theirs = torch.cat(twin(IDS[None], output_attentions=True).attentions)
    torch.testing.assert_close(head_weights(MODEL, IDS), theirs, atol=1e-6, rtol=1e-5)


def test_nobody_looks_ahead_and_each_row_sums_one():
    weights = head_weights(MODEL, IDS)
    assert not weights.triu(1).any()
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 2, 5))


def test_a_head_is_removed_from_the_copy_only():
    before = MODEL(IDS[None])
    ablated = without_head(MODEL, 1, 0)
    assert torch.equal(MODEL(IDS[None]), before)
    assert not torch.allclose(ablated(IDS[None]), before)
    assert torch.equal(ablated.hidden(IDS[None], 1), MODEL.hidden(IDS[None], 1))


def test_without_all_its_heads_a_block_only_adds_the_bias():
    empty = without_head(without_head(MODEL, 0, 0), 0, 1)
    x = torch.randn(1, 5, 8, generator=torch.Generator().manual_seed(0))
    attention = empty.blocks[0].attention
    torch.testing.assert_close(attention(x)[0], attention.out.bias.expand(1, 5, 8))
