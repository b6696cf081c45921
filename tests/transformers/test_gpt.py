"""El GPT: igual al de transformers, causal, y lo mismo de una vez que por trozos."""

import math
from dataclasses import FrozenInstanceError, replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.course.transformers.gpt2_twin import gpt2_twin
from siguiente.language_models.sampling import generate, greedy, sampler
from siguiente.language_models.scoring import score, token_logprobs
from siguiente.transformers.attention import causal_mask, fused_attention
from siguiente.transformers.costs import count_parameters
from siguiente.transformers.gpt import GPT, GPTConfig

CONFIG = GPTConfig(vocab_size=17, context_length=12, layers=2, heads=3, channels=12)


def lively(config=CONFIG, seed=0):
    """Una red con pesos grandes: sus predicciones cambian mucho de un contexto a otro."""
    model = GPT(config, seed)
    with torch.no_grad():
        for weights in model.parameters():
            weights += 0.3 * torch.randn(weights.shape, generator=torch.Generator().manual_seed(seed))
    return model


MODEL = lively()


def ids_of(*shape, seed=0, vocabulary=17):
    return torch.randint(vocabulary, shape, generator=torch.Generator().manual_seed(seed))


def test_equals_gpt2_of_transformers():
    ids = ids_of(3, 12)
    with torch.no_grad():
        theirs = gpt2_twin(MODEL)(ids, output_hidden_states=True)
        torch.testing.assert_close(MODEL(ids), theirs.logits, atol=1e-5, rtol=0)
        for layer in range(CONFIG.layers):  # el último de transformers ya está normalizado
            torch.testing.assert_close(MODEL.hidden(ids, layer), theirs.hidden_states[layer])


def test_gradients_equal_gpt2_of_transformers():
    ids, twin = ids_of(2, 12), gpt2_twin(MODEL)
    loss = -token_logprobs(MODEL(ids)[:, :-1], ids[:, 1:]).mean()
    MODEL.zero_grad()
    loss.backward()
    theirs = twin(ids, labels=ids).loss
    theirs.backward()
    torch.testing.assert_close(loss, theirs)
    ours = MODEL.blocks[0].attention.qkv.weight.grad
    torch.testing.assert_close(ours, twin.transformer.h[0].attn.c_attn.weight.grad.T, atol=1e-5, rtol=1e-4)


def test_the_fused_attention_is_the_one_written_by_hand():
    block, x = MODEL.blocks[0], torch.randn(2, 7, 12, generator=torch.Generator().manual_seed(1))
    by_hand, _ = block.attention(block.norm1(x), causal_mask(7))
    q, k, v = block.attention.project(block.norm1(x))
    torch.testing.assert_close(block.attention.merge(fused_attention(q, k, v, causal=True)), by_hand)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=5).filter(lambda sizes: sum(sizes) <= 12))
@settings(max_examples=40, deadline=None)
def test_reading_in_pieces_equals_reading_at_once(sizes):
    ids, state, parts = ids_of(2, sum(sizes)), None, []
    for piece in ids.split(sizes, 1):
        logits, state = MODEL.step(piece, state, last=piece.shape[1])
        parts.append(logits)
    torch.testing.assert_close(torch.cat(parts, 1), MODEL(ids).detach(), atol=1e-5, rtol=1e-4)
    assert state.length == sum(sizes)


@given(st.integers(1, 12), st.data())
@settings(max_examples=40, deadline=None)
def test_a_future_token_never_changes_a_past_logit(length, data):
    position = data.draw(st.integers(0, length - 1))
    ids = ids_of(1, length)
    changed = ids.clone()
    changed[0, position] = (ids[0, position] + data.draw(st.integers(1, 16))) % 17
    before, after = MODEL(ids), MODEL(changed)
    assert torch.equal(before[:, :position], after[:, :position])
    assert not torch.allclose(before[:, position], after[:, position])


def test_without_the_mask_the_future_does_change_the_past():
    model = lively(replace(CONFIG, causal=False))
    ids = ids_of(1, 5)
    changed = ids.clone()
    changed[0, -1] = (ids[0, -1] + 1) % 17
    assert not torch.allclose(model(ids)[:, 0], model(changed)[:, 0])


def test_the_old_state_stays_valid():
    _, state = MODEL.step(ids_of(1, 4))
    before = [keys.clone() for keys, _ in state.layers]
    first, _ = MODEL.step(torch.tensor([[5]]), state)
    MODEL.step(torch.tensor([[9, 2]]), state)
    again, _ = MODEL.step(torch.tensor([[5]]), state)
    assert torch.equal(first, again)
    assert state.length == 4
    assert all(torch.equal(keys, old) for (keys, _), old in zip(state.layers, before, strict=True))


def test_a_state_repeats_and_selects_rows():
    ids = ids_of(2, 4)
    _, state = MODEL.step(ids)
    token = ids_of(4, 1, seed=1)
    logits, _ = MODEL.step(token, state.repeat(2))
    full = MODEL(torch.cat([ids.repeat_interleave(2, 0), token], 1))[:, -1:]
    torch.testing.assert_close(logits, full.detach(), atol=1e-5, rtol=1e-4)
    chosen, _ = MODEL.step(token[:1], state.select(torch.tensor([1])))
    full = MODEL(torch.cat([ids[1:], token[:1]], 1))[:, -1:]
    torch.testing.assert_close(chosen, full.detach(), atol=1e-5, rtol=1e-4)


def test_a_common_prefix_serves_several_rows():
    prefix, rows = ids_of(1, 3), ids_of(2, 4, seed=1)
    _, state = MODEL.step(prefix)
    shared, whole = score(MODEL, rows, state), torch.cat([prefix.expand(2, -1), rows], 1)
    torch.testing.assert_close(shared, score(MODEL, whole, start=4), atol=1e-5, rtol=1e-4)
    MODEL.step(rows, state)
    assert state.layers[0][0].shape[0] == 1


def test_scores_and_generates_through_the_protocol():
    ids = ids_of(2, 9)
    expected = token_logprobs(MODEL(ids)[:, :-1], ids[:, 1:]).detach()
    torch.testing.assert_close(score(MODEL, ids), expected, atol=1e-5, rtol=1e-4)
    new = generate(MODEL, ids[:1, :4], 6, greedy)[0]
    whole = torch.cat([ids[0, :4], new])
    assert torch.equal(new, MODEL(whole[None])[0, 3:-1].argmax(-1))
    assert generate(MODEL, ids[:1, :4], 8, sampler(torch.Generator().manual_seed(0)), n=3).shape == (3, 8)


def test_generates_the_same_as_transformers():
    import warnings

    ids = ids_of(1, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # avisos sobre su configuración por defecto
        theirs = gpt2_twin(MODEL).generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=9, min_new_tokens=9, do_sample=False,
            eos_token_id=None, pad_token_id=0,
        )  # fmt: skip
    assert torch.equal(theirs[:, 3:], generate(MODEL, ids, 9, greedy))


SMALL = st.integers(1, 4)


@given(st.integers(1, 50), st.integers(1, 20), SMALL, SMALL, SMALL, st.booleans())
@settings(max_examples=20, deadline=None)
def test_the_formula_counts_the_parameters(vocab, context, layers, heads, size, causal):
    config = GPTConfig(vocab, context, layers, heads, heads * size, causal)
    assert count_parameters(config) == sum(weights.numel() for weights in GPT(config).parameters())


def test_initial_weights_are_those_of_gpt2():
    config = GPTConfig(vocab_size=400, context_length=64, layers=8, heads=4, channels=64)
    model = GPT(config)
    block, std = model.blocks[3], 0.02 * math.sqrt(12)  # la doceava parte de los canales de GPT-2
    assert model.tokens.weight.std().item() == pytest.approx(std, rel=0.05)
    assert block.attention.qkv.weight.std().item() == pytest.approx(std, rel=0.05)
    for weights in (block.attention.out.weight, block.narrow.weight):
        assert weights.std().item() == pytest.approx(std / 4, rel=0.05)  # 2 · 8 sumas
    assert (block.norm1.weight == 1).all()
    assert (block.widen.bias == 0).all()


def test_the_seed_decides_the_weights_and_touches_no_other_chance():
    before = torch.get_rng_state()
    one, same, other = GPT(CONFIG, 3), GPT(CONFIG, 3), GPT(CONFIG, 4)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(one.tokens.weight, same.tokens.weight)
    assert not torch.equal(one.tokens.weight, other.tokens.weight)


def test_the_configuration_is_fixed_and_checked():
    with pytest.raises(FrozenInstanceError):
        CONFIG.layers = 3
    with pytest.raises(ValueError, match="`layers` debe ser al menos 1, y vale 0"):
        replace(CONFIG, layers=0)
    with pytest.raises(ValueError, match="5 cabezas por igual"):
        replace(CONFIG, heads=5)


def test_bad_input():
    with pytest.raises(ValueError, match="13 tokens y en el contexto caben 12"):
        MODEL(ids_of(1, 13))
    _, state = MODEL.step(ids_of(1, 10))
    with pytest.raises(ValueError, match="13 tokens y en el contexto caben 12"):
        MODEL.step(ids_of(1, 3), state)
    with pytest.raises(ValueError, match="a los dos lados"):
        GPT(replace(CONFIG, causal=False)).step(ids_of(1, 2))
