"""El bucle de DPO: la preferida sube frente a la otra, y se retoma donde quedó."""

from copy import deepcopy
from dataclasses import replace

import pytest
import torch

from siguiente.alignment.dpo import train_dpo
from siguiente.alignment.sequences import Preference, answer_totals, encode_preferences
from siguiente.language_models.training import TrainingConfig

CONFIG = TrainingConfig(steps=30, batch_size=2, learning_rate=1e-2, weight_decay=0.0, evaluate_every=4)


@pytest.fixture
def pairs(policy, prompts):
    chosen, rejected = [" gracias", " sí", " gracias sí"], [" no", " no no", " no sí"]
    asked = [*prompts, prompts[0]]
    return encode_preferences(policy, list(map(Preference, asked, chosen, rejected)))


def test_the_reports_are_measured_against_the_first_policy(policy, pairs):
    first, *_, last = train_dpo(policy.model, pairs, CONFIG)
    assert first.loss == pytest.approx(0.6931, abs=1e-4)
    # Medirlas en otro lote puede redondear de otra manera.
    assert (first.chosen, first.rejected) == pytest.approx((0, 0), abs=1e-5)
    assert last.loss < 0.5
    assert last.chosen > last.rejected
    assert last.accuracy == 1


def test_what_is_preferred_gains_on_what_is_not(policy, pairs):
    before = [answer_totals(policy.model, answers) for answers in pairs]
    list(train_dpo(policy.model, pairs, CONFIG))
    chosen, rejected = (
        answer_totals(policy.model, answers) - old for answers, old in zip(pairs, before, strict=True)
    )
    assert (chosen > rejected + 1).all()


def test_a_dear_divergence_moves_less(policy, pairs):
    def moved(beta):
        *_, last = train_dpo(deepcopy(policy.model), pairs, CONFIG, beta)
        return last.chosen - last.rejected

    assert moved(5.0) < moved(0.1)


def test_an_interrupted_run_ends_like_an_unbroken_one(policy, pairs, tmp_path):
    whole, broken, resumed = (deepcopy(policy.model) for _ in range(3))
    expected = list(train_dpo(whole, pairs, CONFIG))
    reports = train_dpo(broken, pairs, CONFIG, checkpoint=tmp_path / "dpo")
    assert [next(reports).step for _ in range(10)][-1] == 9
    reports.close()
    assert list(train_dpo(resumed, pairs, CONFIG, checkpoint=tmp_path / "dpo")) == expected
    for a, b in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_run_is_not_resumed_with_another_beta(policy, pairs, tmp_path):
    short = replace(CONFIG, steps=4)
    list(train_dpo(deepcopy(policy.model), pairs, short, beta=0.1, checkpoint=tmp_path / "dpo"))
    with pytest.raises(ValueError, match="la configuración"):
        train_dpo(policy.model, pairs, short, beta=0.2, checkpoint=tmp_path / "dpo")


def test_a_run_is_not_resumed_from_another_starting_model(policy, pairs, tmp_path):
    """La pérdida se mide desde el modelo de partida: una política que ya aprendió no lo es."""
    reports = train_dpo(policy.model, pairs, CONFIG, checkpoint=tmp_path / "dpo")
    assert [next(reports).step for _ in range(5)][-1] == 4
    reports.close()
    with pytest.raises(ValueError, match="no coincide el modelo de partida"):
        train_dpo(policy.model, pairs, CONFIG, checkpoint=tmp_path / "dpo")


def test_beta_must_be_positive(policy, pairs):
    with pytest.raises(ValueError, match="beta"):
        train_dpo(policy.model, pairs, CONFIG, beta=0.0)
