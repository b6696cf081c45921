from itertools import product

import pytest
import torch

from siguiente.language_models.completions import score_completions
from siguiente.language_models.fast import trie as plain
from siguiente.language_models.fast.trie import TokenTrie
from siguiente.llm import load
from siguiente.llm.fast import packing
from siguiente.llm.pretrained import PretrainedModel

SHAPE = {
    "vocab_size": 50,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 4,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 16,
    "max_position_embeddings": 256,
    "initializer_range": 0.3,
    "pad_token_id": 0,
    "bos_token_id": 2,
    "eos_token_id": 1,
}


def gemma():
    from transformers.models.gemma3 import Gemma3ForCausalLM, Gemma3TextConfig

    types = ["sliding_attention", "full_attention"] * 2
    return Gemma3ForCausalLM(Gemma3TextConfig(**SHAPE, sliding_window=12, layer_types=types))


def llama():
    from transformers.models.llama import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(LlamaConfig(**SHAPE))


@pytest.fixture(params=[gemma, llama])
def model(request):
    torch.manual_seed(0)
    return PretrainedModel(request.param().eval().requires_grad_(False), 50, 256)


def bushy(trunk):
    """Tres preguntas tras un tronco común y, tras cada una, continuaciones que comparten comienzos."""
    generator = torch.Generator().manual_seed(trunk)
    start = torch.randint(3, 50, (trunk,), generator=generator).tolist()
    trie = TokenTrie()
    for question in range(3):
        prompt = [*start, *torch.randint(3, 50, (5 + 9 * question,), generator=generator).tolist()]
        for completion in ([4, 5, 6], [4, 5, 7, 8], [9], [4]):
            trie.insert(prompt + completion, wanted_from=len(prompt))
    return trie


@pytest.mark.parametrize("trunk", [1, 10, 40], ids=["none", "short", "past-window"])
@pytest.mark.parametrize("limit", [512, 30, 4])
def test_packing_changes_nothing(model, monkeypatch, trunk, limit):
    monkeypatch.setattr(packing, "PACK_LIMIT", limit)
    trie = bushy(trunk)
    expected = torch.full((len(trie),), torch.nan)
    pending = [(child, None) for child in trie.children[plain.ROOT].values()]
    while pending:
        node, state = pending.pop()
        if chain := list(trie.chain(node)):
            state = plain.read_chain(model, trie, chain, state, expected)
            pending += [(child, state) for child in trie.children[chain[-1]].values()]
    torch.testing.assert_close(packing.score_trie(model, trie), expected, atol=1e-4, rtol=0, equal_nan=True)


def test_each_prefix_passes_once_through_the_network(model, monkeypatch):
    read, forward = [], model.network.model.forward
    monkeypatch.setattr(
        model.network.model,
        "forward",
        lambda *a, **k: read.append(k["input_ids"].numel()) or forward(*a, **k),
    )
    trie = bushy(40)
    packing.score_trie(model, trie)
    assert sum(read) == sum(bool(children) for children in trie.children[1:])


def test_completions_of_the_real_model_equal_one_plain_pass_over_each_text():
    gemma = load("gemma-3-270m")
    prompts = ["El cielo es de color", "En una escala del 1 al 10, le doy un"]
    completions = [" azul", " azul como el mar", " 17", " RETAIL"]
    scores = score_completions(gemma, prompts, completions).logprobs.flatten()
    for value, (prompt, completion) in zip(scores, product(prompts, completions), strict=True):
        ids, start = torch.tensor([gemma.encode(prompt + completion)]), len(gemma.encode(prompt))
        with torch.inference_mode():
            # La suma de 262 144 términos en float32 ya se desvía más de 1e-4 en cuatro tokens.
            logits = gemma.model.network(input_ids=ids, use_cache=False).logits[0].double()
        plain = logits.log_softmax(-1)[:-1].gather(-1, ids[0, 1:, None])[start - 1 :].sum()
        assert value.item() == pytest.approx(plain.item(), abs=1e-4)
