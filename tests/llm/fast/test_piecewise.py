"""Leer a trozos da lo mismo que leer de una vez, y ningún trozo pasa del límite."""

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel
from transformers.models.gemma3.modeling_gemma3 import Gemma3ForCausalLM, Gemma3TextConfig

from siguiente.language_models.completions import score_completions
from siguiente.language_models.protocol import ByteTokenizer, TextModel
from siguiente.llm.fast import piecewise
from siguiente.llm.fast.piecewise import PiecewiseModel, StepwiseModel
from siguiente.llm.pretrained import PretrainedModel


def gemma(kind):
    torch.manual_seed(0)
    shape = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "head_dim": 8}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 1, "sliding_window": 16}
    layers = ["sliding_attention", "full_attention"]
    network = Gemma3ForCausalLM(Gemma3TextConfig(vocab_size=258, layer_types=layers, **shape, **heads))
    return kind(network.requires_grad_(False).eval(), 258, 4096)


@pytest.mark.parametrize("last", [1, 5, 90])
def test_it_reads_the_same_in_pieces(monkeypatch, last):
    monkeypatch.setattr(piecewise, "PIECE", 20)
    whole, parts = gemma(PretrainedModel), gemma(PiecewiseModel)
    read, forward = [], parts.network.forward
    monkeypatch.setattr(
        parts.network, "forward", lambda **given: read.append(given["input_ids"].shape[1]) or forward(**given)
    )
    ids = torch.randint(258, (2, 97), generator=torch.Generator().manual_seed(0))
    (expected, before), (found, after) = (model.step(ids, last=last) for model in (whole, parts))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    assert max(read) <= max(20, last)
    assert sum(read) == 97
    again = torch.tensor([[7], [9]])
    torch.testing.assert_close(
        parts.step(again, after)[0], whole.step(again, before)[0], atol=1e-5, rtol=1e-5
    )


def test_a_network_of_another_family_scores_branch_by_branch():
    torch.manual_seed(0)
    config = GPT2Config(vocab_size=258, n_positions=64, n_embd=8, n_layer=1, n_head=2)
    network = GPT2LMHeadModel(config).requires_grad_(False).eval()
    model = TextModel(StepwiseModel(network, 258, 64), ByteTokenizer())
    scores = score_completions(model, ["di"], [" sí", " no"]).logprobs[0]
    for text, score in zip((" sí", " no"), scores, strict=True):
        ids = [*model.encode("di"), *model.tokenizer.encode(text)]
        logits = network(torch.tensor([ids])).logits[0].log_softmax(-1)
        head = len(model.encode("di"))
        expected = sum(logits[place - 1, ids[place]] for place in range(head, len(ids)))
        torch.testing.assert_close(score, expected, atol=1e-5, rtol=1e-5)
