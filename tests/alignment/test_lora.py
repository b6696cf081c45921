"""LoRA: al empezar no cambia nada, solo aprenden dos matrices y fundirlas no cambia lo que calcula."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Generator, nn

from siguiente.alignment.lora import (
    LoRAConfig,
    LoRALinear,
    add_lora,
    lora_state,
    merge_lora,
)
from siguiente.language_models.training import TrainingConfig, steps
from siguiente.transformers.gpt import GPT, GPTConfig

CONFIG = LoRAConfig(rank=2, alpha=6, targets=("qkv", "narrow"))
IDS = torch.tensor([[1, 5, 2, 0], [3, 3, 8, 1]])


def gpt():
    return GPT(GPTConfig(vocab_size=9, context_length=6, layers=2, heads=2, channels=8))


def learned(network, config=CONFIG):
    """Adapta la red y da a B valores como los de después de aprender."""
    add_lora(network, config, Generator().manual_seed(0))
    with torch.no_grad():
        for name, matrix in lora_state(network).items():
            if name.endswith("B"):
                matrix.normal_(generator=Generator().manual_seed(1))
    return network


def test_by_hand():
    base = nn.Linear(2, 2)
    base.weight.data, base.bias.data = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.zeros(2)
    layer = LoRALinear(base, rank=1, alpha=3, generator=Generator())
    layer.A.data, layer.B.data = torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0], [-1.0]])
    assert layer(torch.tensor([1.0, 1.0])).tolist() == [1 + 3 * 3, 1 - 3 * 3]
    assert layer.merged().weight.tolist() == [[4.0, 6.0], [-3.0, -5.0]]


def test_at_first_it_is_the_same_network():
    network = gpt()
    before = network(IDS)
    add_lora(network, CONFIG, Generator().manual_seed(0))
    assert torch.equal(network(IDS), before)
    assert not torch.equal(learned(gpt())(IDS), before)


def test_only_the_thin_matrices_learn():
    network = learned(gpt())
    frozen = {
        name: value.clone() for name, value in network.state_dict().items() if name[-2:] not in (".A", ".B")
    }
    before = {name: value.detach().clone() for name, value in lora_state(network).items()}
    network(IDS).logsumexp(-1).sum().backward()
    assert {name for name, weights in network.named_parameters() if weights.grad is not None} == set(before)
    list(steps(network, [(IDS, IDS)] * 3, TrainingConfig(steps=3)))
    assert all(torch.equal(network.state_dict()[name], value) for name, value in frozen.items())
    assert not any(torch.equal(lora_state(network)[name], value) for name, value in before.items())


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 4), st.floats(0.1, 32), st.booleans())
def test_merging_changes_nothing(rank, alpha, bias):
    network = nn.Sequential(nn.Linear(6, 5, bias=bias), nn.Tanh(), nn.Linear(5, 4, bias=bias)).double()
    add_lora(network, LoRAConfig(rank, alpha, ("0", "2")), Generator().manual_seed(0))
    network.double()
    for layer in (network[0], network[2]):
        layer.B.data.normal_(generator=Generator().manual_seed(rank))
    x = torch.randn(7, 6, generator=Generator().manual_seed(2), dtype=torch.double)
    adapted = network(x)
    merge_lora(network)
    assert not lora_state(network)
    torch.testing.assert_close(network(x), adapted.detach())


def test_merging_a_gpt_changes_nothing_and_leaves_plain_layers():
    network = learned(gpt())
    names = [name for name, _ in gpt().named_parameters()]
    adapted = network(IDS)
    merge_lora(network)
    torch.testing.assert_close(network(IDS), adapted.detach(), rtol=0, atol=1e-5)
    assert [name for name, _ in network.named_parameters()] == names


def test_only_whole_names_are_adapted():
    network = nn.ModuleDict({"q": nn.Linear(4, 4), "seq": nn.Linear(4, 4)})
    add_lora(network, LoRAConfig(1, 1, ("q",)), Generator())
    assert set(lora_state(network)) == {"q.A", "q.B"}


def test_what_cannot_be_adapted_is_said():
    with pytest.raises(
        ValueError, match=r"ninguna capa lineal 'q_proj'\. Tiene estas: narrow, out, qkv, widen"
    ):
        add_lora(gpt(), LoRAConfig(2, 4), Generator())
    with pytest.raises(ValueError, match="ya está adaptada"):
        add_lora(learned(gpt()), CONFIG, Generator())
    for wrong in ({"rank": 0, "alpha": 1}, {"rank": 1, "alpha": 0}, {"rank": 1, "alpha": 1, "targets": ()}):
        with pytest.raises(ValueError, match="Hacen falta un rango"):
            LoRAConfig(**wrong)


@pytest.mark.oracle
def test_the_same_as_peft():
    from peft import LoraConfig, get_peft_model

    def network():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 4))

    ours, theirs = learned(network(), LoRAConfig(2, 6, ("0", "2"))), network()
    theirs = get_peft_model(theirs, LoraConfig(r=2, lora_alpha=6, target_modules=["0", "2"]))
    for place in (0, 2):
        layer = theirs.base_model.model[place]
        layer.lora_A["default"].weight.data = ours[place].A.data
        layer.lora_B["default"].weight.data = ours[place].B.data
    x = torch.randn(7, 6)
    torch.testing.assert_close(ours(x), theirs(x))
    merged = theirs.merge_and_unload()
    merge_lora(ours)
    for place in (0, 2):
        torch.testing.assert_close(ours[place].weight, merged[place].weight)
