"""Un adaptador guardado: se recupera exacto, y ni alterado ni sobre otro modelo se deja usar."""

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Generator, nn

from siguiente.alignment.lora import LoRAConfig, add_lora, load_adapter, lora_state, save_adapter

CONFIG = LoRAConfig(rank=2, alpha=6, targets=("0",))


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 4), nn.Tanh())


@pytest.fixture
def adapted():
    net = network()
    add_lora(net, CONFIG, Generator().manual_seed(0))
    net[0].B.data.normal_()
    return net


@pytest.fixture
def path(tmp_path, adapted):
    save_adapter(tmp_path / "a.safetensors", adapted, CONFIG, base="la de siempre")
    return tmp_path / "a.safetensors"


def test_what_was_saved_comes_back(path, adapted):
    other = network()
    load_adapter(path, other, base="la de siempre")
    assert all(torch.equal(lora_state(other)[name], value) for name, value in lora_state(adapted).items())
    x = torch.randn(3, 6)
    torch.testing.assert_close(other(x), adapted(x))
    assert set(load_file(path)) == {"0.A", "0.B"}  # la red no se guarda


def test_an_adapter_for_another_model_is_refused(path):
    other = network()
    with pytest.raises(ValueError, match="se hizo para otro modelo"):
        load_adapter(path, other, base="otra")
    assert not lora_state(other)


def test_a_changed_number_is_noticed(path):
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        facts, tensors = file.metadata(), {name: file.get_tensor(name) for name in ("0.A", "0.B")}
    tensors["0.A"][0, 0] += 1e-6
    save_file(tensors, path, facts)
    with pytest.raises(ValueError, match="está alterado"):
        load_adapter(path, network(), base="la de siempre")


def test_changed_facts_are_noticed(path):
    data = path.read_bytes()
    path.write_bytes(data.replace(b"la de siempre", b"la de jueves!"))
    with pytest.raises(ValueError, match="está alterado"):
        load_adapter(path, network(), base="la de jueves!")


@pytest.mark.parametrize("cut", [0, 5, 100, -1])
def test_a_cut_file_is_noticed(path, cut):
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ValueError, match="no es un adaptador o está incompleto"):
        load_adapter(path, network(), base="la de siempre")


def test_weights_of_another_kind_are_refused(tmp_path):
    save_file({"x": torch.zeros(2)}, tmp_path / "x.safetensors")
    with pytest.raises(ValueError, match="está alterado"):
        load_adapter(tmp_path / "x.safetensors", network(), base="la de siempre")
