"""Las políticas ajustadas con refuerzo, cada método con lo suyo, y los fallos que enseña la clínica."""

from dataclasses import replace

import pytest
import torch

from siguiente.alignment.rl import PPO
from siguiente.course.alignment import rlhf
from siguiente.course.alignment.rlhf import (
    CASES,
    METHODS,
    RUN_CONFIG,
    STORY_CLINIC,
    STORY_RUNS,
    load_case,
    load_run,
)


def test_each_method_is_stored_with_its_reports(small, monkeypatch):
    monkeypatch.setattr(rlhf, "RUN_CONFIG", replace(RUN_CONFIG, steps=2, batch_size=8, length=6, warmup=1))
    for name in METHODS:
        small.record(STORY_RUNS, name)
    runs = {name: load_run(name) for name in METHODS}
    for policy, reports in runs.values():
        assert [report.step for report in reports] == [0, 1]
        assert reports[0].kl == pytest.approx(0, abs=1e-5)
        assert isinstance(reports[1].sample, str)
        assert policy.model.config.layers == 2
    weights = [policy.model.tokens.weight for policy, _ in runs.values()]
    assert not torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[1], weights[2])


def test_all_write_the_same_number_of_answers():
    assert RUN_CONFIG.steps == 40
    for _, group, epochs in METHODS.values():
        assert RUN_CONFIG.batch_size % group == 0
        assert epochs >= 1


def test_ppo_learns_a_value_of_its_own(start):
    method = METHODS["ppo"].make(start)
    assert isinstance(method, PPO)
    assert sum(weights.numel() for weights in method.learned.parameters()) > 0


@pytest.mark.parametrize("name", CASES)
def test_each_case_of_the_clinic_shows_its_fault(small, monkeypatch, name):
    monkeypatch.setattr(rlhf, "STEPS", 5)
    monkeypatch.setitem(CASES, name, CASES[name]._replace(prompts=4))
    small.record(STORY_CLINIC, name)
    reports = load_case(name)
    rewards = {report.reward for report in reports}
    moved = max(abs(report.kl) for report in reports)
    assert [report.step for report in reports] == [0, 1, 2, 3, 4]
    assert (moved < 1e-5) == (name in {"constant", "mask"})
    assert (len(rewards) == 1) == (name in {"constant", "steady"})
    assert (min(rewards) > 5) == (name == "uncentred")


def test_an_unknown_case_is_refused(small):
    with pytest.raises(ValueError, match=r"no tiene 'roto'.* Tiene: healthy, constant"):
        load_case("roto")
