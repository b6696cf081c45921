"""La última capa en 8 bits elige lo mismo que la verdadera, y solo mira de verdad unos pocos tokens."""

import pytest
import torch

from siguiente.language_models.batch import generate_batch
from siguiente.language_models.sampling import greedy
from siguiente.llm.loading import load_card
from siguiente.llm.quick_head import QuickHead, quick_greedy, rounded


@pytest.fixture
def normal():
    generator = torch.Generator().manual_seed(0)
    return lambda *shape: torch.randn(*shape, generator=generator)


@pytest.mark.parametrize("spread", [1.0, 8.0], ids=["plain", "outliers"])
def test_the_largest_is_the_true_one(normal, spread):
    """También si unos pocos canales son mucho mayores y estropean el redondeo de los demás."""
    weight, hidden = normal(5000, 64), normal(3, 40, 64)
    hidden[..., :4] *= spread**2
    found, expected = QuickHead(weight)(hidden), hidden @ weight.T
    assert torch.equal(found.argmax(-1), expected.argmax(-1))
    torch.testing.assert_close(found.amax(-1), expected.amax(-1), rtol=0, atol=1e-3)
    assert (found - expected).abs().max() < 0.02 * expected.abs().max()


def test_near_ties_are_decided_with_the_true_weights(normal):
    """Copias de una fila que difieren en menos de lo que distinguen 8 bits."""
    best = normal(64)
    weight = torch.cat([best + 1e-3 * normal(50, 64), normal(2000, 64)])
    hidden = best.expand(1, 1, -1) + 0.1 * normal(1, 30, 64)
    plain = rounded(weight)
    guess = ((hidden @ plain[0].float().T) * plain[1]).argmax(-1)
    truth = (hidden @ weight.T).argmax(-1)
    assert not torch.equal(guess, truth)
    assert torch.equal(QuickHead(weight)(hidden).argmax(-1), truth)


def test_after_a_mask_the_largest_may_be_another(normal):
    """Solo el mayor de todos es exacto: por eso no sirve con `adjust`."""
    weight, hidden = normal(5000, 64), normal(1, 400, 64)
    allowed = normal(400, 5000) > 0
    found, expected = QuickHead(weight)(hidden), hidden @ weight.T
    assert not torch.equal(
        found[0].where(allowed, -100).argmax(-1), expected[0].where(allowed, -100).argmax(-1)
    )


def test_the_bound_holds(normal):
    """Nada se descarta por error: el redondeo nunca se aparta más de lo que dice."""
    rows = torch.cat([normal(100, 32) * 10**3, torch.zeros(1, 32), normal(5, 32) * 1e-6])
    numbers, scales, lost = rounded(rows)
    assert numbers.abs().max() == 127
    torch.testing.assert_close((rows - numbers * scales[:, None]).norm(dim=1), lost)
    assert lost[100] == 0


def test_greedy_writes_the_same(tiny, cache):
    model = load_card(tiny.card, tiny.path).model
    prompts = [[5, 9, 30], [7], [12, 40, 41, 42, 8]]
    assert generate_batch(quick_greedy(model), prompts, 20, greedy) == generate_batch(
        model, prompts, 20, greedy
    )


def test_the_model_given_does_not_change(tiny, cache):
    model = load_card(tiny.card, tiny.path).model
    before, _ = model.step(torch.tensor([[5, 9]]))
    head = model.network.lm_head
    quick = quick_greedy(model)
    assert model.network.lm_head is head
    assert quick.network.model is model.network.model
    torch.testing.assert_close(model.step(torch.tensor([[5, 9]]))[0], before, rtol=0, atol=0)
