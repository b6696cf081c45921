"""El valor aprende sin tocar la política."""

import pytest
import torch

from siguiente.alignment.reward_model import ValueModel
from siguiente.transformers.gpt import GPT, GPTConfig

IDS = torch.tensor([[1, 2, 3, 4], [5, 6, 7, 0]])


@pytest.fixture
def policy():
    return GPT(GPTConfig(vocab_size=9, context_length=6, layers=1, heads=2, channels=8))


def test_at_first_nothing_is_expected(policy):
    assert ValueModel(policy)(IDS).tolist() == [[0] * 4] * 2


def test_it_learns_and_the_policy_does_not_move(policy):
    before = policy(IDS).detach()
    model, target = ValueModel(policy), torch.tensor([[0.5, -1.0, 2.0, 0.0], [1.0, 0.0, 0.5, -0.5]])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(200):
        loss = (model(IDS) - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.01
    assert torch.equal(policy(IDS), before)


def test_a_value_does_not_see_what_comes_later(policy):
    model = ValueModel(policy)
    torch.nn.init.normal_(model.head.weight, generator=torch.Generator().manual_seed(0))
    changed = IDS.clone()
    changed[:, 3] = 8
    torch.testing.assert_close(model(IDS)[:, :3], model(changed)[:, :3])
    assert (model(IDS)[:, 3] != model(changed)[:, 3]).all()
