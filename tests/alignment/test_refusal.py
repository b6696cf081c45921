"""La dirección del rechazo: se halla, se quita y se suma como dice su ecuación, y todo vuelve a su sitio."""

import pytest
import torch

from siguiente.alignment.refusal import ablate, changed, mean_difference, prompt_vectors, steer
from siguiente.transformers.gpt import GPT, GPTConfig

IDS = torch.tensor([[3, 1, 4, 1, 5]])
LAYERS = (0, 1, 2)


@pytest.fixture
def model():
    return GPT(GPTConfig(vocab_size=10, context_length=8, layers=2, heads=2, channels=4)).eval()


@pytest.fixture
def direction():
    return torch.randn(4, generator=torch.Generator().manual_seed(0))


def test_what_is_left_is_orthogonal_and_ablating_twice_changes_nothing(direction):
    h = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(1))
    left = ablate(h, direction)
    assert torch.allclose(left @ direction, torch.zeros(2, 3), atol=1e-6)
    assert torch.allclose(ablate(left, direction), left, atol=1e-6)
    assert torch.allclose(ablate(h, -3 * direction), left, atol=1e-6)


def test_the_difference_of_means_goes_from_the_answered_to_the_refused():
    refused, answered = torch.tensor([[2.0, 0.0], [4.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    assert mean_difference(refused, answered).tolist() == [3.0, -1.0]


@pytest.mark.parametrize("layer", LAYERS)
def test_the_vectors_of_each_prompt_are_those_of_its_last_token(model, layer):
    prompts = [[3, 1], [4, 1, 5]]
    found = prompt_vectors(model, prompts, layer)
    for vector, ids in zip(found, prompts, strict=True):
        assert torch.equal(vector, model.hidden(torch.tensor([ids]), layer)[0, -1])


@pytest.mark.parametrize("layer", LAYERS)
def test_a_change_reaches_exactly_the_layers_it_names(model, direction, layer):
    plain = [model.hidden(IDS, k) for k in LAYERS]
    with changed(model, lambda h: h + direction, [layer]):
        pushed = [model.hidden(IDS, k) for k in LAYERS]
        logits = model(IDS)
    for k in LAYERS:  # el cambio lo ve quien lee tras la capa, no lo que esta entrega
        assert torch.equal(pushed[k], plain[k]) == (k <= layer)
    resumed = plain[layer] + direction
    for block in model.blocks[layer:]:
        resumed, _ = block(resumed)
    assert torch.allclose(logits, model.head(resumed), atol=1e-5)


def test_everywhere_nothing_along_the_direction_is_read(model, direction):
    read = []
    for reader in [*model.blocks, model.norm]:
        reader.register_forward_pre_hook(lambda _, given: read.append(given[0]))
    with changed(model, lambda h: ablate(h, direction)):
        for reader in [*model.blocks, model.norm]:  # después del cambio
            reader.register_forward_pre_hook(lambda _, given: read.append(given[0] @ direction))
        model(IDS)
    assert all(part.abs().max() < 1e-5 for part in read[1::2])


def test_writing_with_a_cache_is_changed_as_reading_all_at_once(model, direction):
    with changed(model, lambda h: ablate(h, direction)):
        _, state = model.step(IDS[:, :3])
        logits, _ = model.step(IDS[:, 3:], state, last=2)
        assert torch.allclose(logits, model(IDS)[:, 3:], atol=1e-5)


def test_afterwards_the_model_is_as_it_was_even_if_something_fails(model, direction):
    before = model(IDS)
    with pytest.raises(RuntimeError, match="adrede"), changed(model, lambda h: h + direction):
        raise RuntimeError("adrede")
    assert torch.equal(model(IDS), before)


def test_steering_moves_only_the_last_token_of_the_prompt_and_not_what_is_written(direction):
    h = torch.zeros(2, 3, 4)
    moved = steer(direction, 2)(h)
    assert torch.equal(moved[:, :-1], h[:, :-1])
    assert torch.allclose(moved[:, -1], (2 * direction).expand(2, 4))
    assert torch.equal(steer(direction, 2)(h[:, :1]), h[:, :1])
