"""Los costes: las fórmulas cuentan lo mismo que el contador de PyTorch y que la caché de verdad."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from siguiente.transformers.attention import MultiHeadAttention, causal_mask
from siguiente.transformers.costs import attention_weights, cache_bytes, forward_flops
from siguiente.transformers.gpt import GPT, GPTConfig

SMALL = st.integers(1, 5)


@given(SMALL, SMALL, SMALL, SMALL, st.integers(2, 9))
@settings(max_examples=20, deadline=None)
def test_equals_the_flop_counter_of_torch(vocabulary, layers, heads, size, length):
    config = GPTConfig(vocabulary, 9, layers, heads, heads * size)
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        GPT(config)(torch.zeros(1, length, dtype=torch.int64))
    assert counter.get_total_flops() == forward_flops(config, length)


@given(SMALL, SMALL, SMALL, st.integers(1, 9))
@settings(max_examples=20, deadline=None)
def test_equals_the_memory_of_a_real_cache(layers, heads, size, length):
    config = GPTConfig(7, 9, layers, heads, heads * size)
    _, cache = GPT(config).step(torch.zeros(1, length, dtype=torch.int64))
    assert cache.nbytes == cache_bytes(config, length)


@pytest.mark.parametrize("length", [1, 7, 40])
def test_counts_the_weights_of_a_real_attention(length):
    _, weights = MultiHeadAttention(4, 1)(torch.zeros(1, length, 4), causal_mask(length))
    assert weights.numel() == attention_weights(length)
    assert (weights != 0).sum() == attention_weights(length, causal=True)


def test_forty_by_forty():
    assert attention_weights(40) == 1600
