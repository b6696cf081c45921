"""La política de DPO y su control: las mismas parejas, con las preferencias del anotador o barajadas."""

from dataclasses import replace

import pytest
import torch

from siguiente.course.alignment import dpo, policy_scores
from siguiente.course.alignment.dpo import (
    BETAS,
    DPO_CONFIG,
    STORY_DPO,
    STORY_DPO_BETAS,
    load_dpo_beta,
    load_story_dpo,
)


def test_dpo_and_its_control_are_stored_with_their_reports(small, monkeypatch):
    monkeypatch.setattr(dpo, "DPO_CONFIG", replace(DPO_CONFIG, steps=4, batch_size=4, warmup=1))
    for part in STORY_DPO.parts:
        small.record(STORY_DPO, part.name)
    learned, control = load_story_dpo(), load_story_dpo(shuffled=True)
    for run in (learned, control):
        assert [report.step for report in run.reports] == [0, 1, 2, 3]
        assert run.reports[0].loss == pytest.approx(0.6931, abs=1e-4)
    assert learned.reports[-1].loss < 0.5 < control.reports[-1].loss
    assert not torch.equal(learned.policy.model.tokens.weight, control.policy.model.tokens.weight)


def test_each_pair_is_seen_once():
    assert DPO_CONFIG.steps * DPO_CONFIG.batch_size == 4000


def test_dpo_is_measured_with_each_beta(small, monkeypatch):
    monkeypatch.setattr(policy_scores, "EVERY", 1)
    monkeypatch.setattr(dpo, "BRIEF_CONFIG", replace(dpo.BRIEF_CONFIG, steps=2, batch_size=4, warmup=1))
    for name in BETAS:
        small.record(STORY_DPO_BETAS, name)
    for beta in BETAS:
        found = load_dpo_beta(float(beta))
        assert list(found) == [0, 1, 2]
        assert found[0].kl.tolist() == pytest.approx([0, 0, 0], abs=1e-4)
        assert found[2].kl.abs().max() > 1e-3


def test_an_unknown_beta_is_refused(small):
    with pytest.raises(ValueError, match=r"no tiene '0\.3'.* Tiene: 0\.02, 0\.1, 0\.5"):
        load_dpo_beta(0.3)
