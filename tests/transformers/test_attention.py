"""La atención: una cuenta hecha a mano, las versiones de PyTorch y lo que no puede fallar nunca."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from siguiente.transformers.attention import (
    MultiHeadAttention,
    causal_mask,
    scaled_dot_product,
)


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_a_hand_computed_case():
    """«El gato duerme»: con puntuaciones 0, 2 y 0, el segundo se lleva e² / (e² + 2)."""
    q, k = torch.tensor([[0.0, 4, 0, 0]]), torch.eye(4)[:3]
    v = torch.tensor([[0.0], [1.0], [0.0]])
    values, weights = scaled_dot_product(q, k, v)
    expected = math.exp(2) / (math.exp(2) + 2)
    torch.testing.assert_close(weights, torch.tensor([[(1 - expected) / 2, expected, (1 - expected) / 2]]))
    torch.testing.assert_close(values, torch.tensor([[expected]]))


@pytest.mark.parametrize("masked", [False, True])
def test_equals_torch(masked):
    q, k, v = random(3, 2, 4, 7, 5, seed=1)  # (q/k/v, B, H, T, D)
    mask = causal_mask(7) if masked else None
    expected = F.scaled_dot_product_attention(q, k, v, is_causal=masked)
    torch.testing.assert_close(scaled_dot_product(q, k, v, mask)[0], expected)


@pytest.mark.parametrize("masked", [False, True])
def test_multi_head_equals_torch_with_the_same_weights(masked):
    ours, theirs = MultiHeadAttention(12, 3), nn.MultiheadAttention(12, 3, batch_first=True)
    theirs.in_proj_weight.data, theirs.in_proj_bias.data = ours.qkv.weight.data, ours.qkv.bias.data
    theirs.out_proj.load_state_dict(ours.out.state_dict())
    x = random(2, 5, 12)
    mask = causal_mask(5) if masked else None
    hidden = None if mask is None else ~mask  # PyTorch marca lo que no se puede mirar
    expected = theirs(x, x, x, attn_mask=hidden, average_attn_weights=False)
    torch.testing.assert_close(ours(x, mask), expected)


def test_the_mask_counts_what_was_read():
    assert causal_mask(3).tolist() == [[True, False, False], [True, True, False], [True, True, True]]
    assert causal_mask(2, past=2).tolist() == [[True, True, True, False], [True] * 4]


@given(st.integers(1, 8), st.integers(1, 8), st.integers(1, 6), st.integers(0, 99))
def test_weights_are_probabilities(length, seen, dimension, seed):
    q, k = 30 * random(length, dimension, seed=seed), random(seen, dimension, seed=seed + 1)
    _, weights = scaled_dot_product(q, k, random(seen, 2, seed=seed))
    assert (weights >= 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones(length))


@given(st.integers(2, 9), st.integers(0, 99))
def test_permuting_the_tokens_permutes_the_output(length, seed):
    """Sin máscara ni posiciones, la atención no sabe de orden."""
    attention, x = MultiHeadAttention(8, 2), random(1, length, 8, seed=seed)
    order = torch.randperm(length, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(attention(x[:, order])[0], attention(x)[0][:, order])


def test_the_future_weighs_exactly_zero():
    _, weights = MultiHeadAttention(8, 2)(random(1, 6, 8), causal_mask(6))
    assert (weights[..., ~causal_mask(6)] == 0).all()
