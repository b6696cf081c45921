"""Un paso del optimizador: con su tasa, recortado, y nunca hacia lo que no es un número."""

import pytest
import torch
from torch import nn

from siguiente.language_models.training import TrainingConfig, update
from siguiente.runtime.resume import DivergedError


@pytest.mark.parametrize(("step", "rate"), [(0, 0.25), (3, 1.0), (100, 0.1)])
def test_each_step_has_its_rate_and_a_clipped_gradient(step, rate):
    net, config = nn.Linear(1, 1, bias=False), TrainingConfig(steps=101, warmup=4, learning_rate=1.0)
    before = net.weight.item()
    update(1000 * net.weight.sum(), net, torch.optim.SGD(net.parameters()), config, step)
    assert before - net.weight.item() == pytest.approx(rate, rel=1e-4)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_no_number_moves_nothing(bad):
    net = nn.Linear(1, 1)
    before = [weight.clone() for weight in net.parameters()]
    with pytest.raises(DivergedError, match="En el paso 7 la pérdida"):
        update(bad * net.weight.sum(), net, torch.optim.SGD(net.parameters()), TrainingConfig(steps=9), 7)
    assert all(torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))
