"""El asistente que se registró: está entero, es el anotado y sus primeros pasos se repiten."""

import math
from importlib.resources import files

import pytest
import torch

from siguiente.alignment.lora import lora_state, merge_lora
from siguiente.course.alignment import spanish_assistant as assistant

FOLDER = files("siguiente.course.alignment")


def test_what_was_registered_makes_sense():
    found = assistant.load_registration()
    assert found.base == assistant.base_key()
    assert len(found.losses) == assistant.TRAINING.steps
    assert all(math.isfinite(loss) for loss in found.losses)
    assert sum(found.losses[-20:]) < sum(found.losses[:20]) / 2


def test_it_is_small_and_comes_with_the_terms_of_gemma():
    assert len((FOLDER / assistant.ADAPTER).read_bytes()) <= 2_000_000
    notice = (FOLDER / "spanish_assistant.notice.txt").read_text(encoding="utf-8")
    assert "Gemma is provided under and subject to the Gemma Terms of Use" in notice
    assert "MODIFIED" in notice
    terms = (FOLDER / "spanish_assistant.terms.txt").read_text(encoding="utf-8")
    assert "Section 4: ADDITIONAL PROVISIONS" in terms


def test_another_file_is_refused(monkeypatch):
    found = assistant.load_registration()._replace(sha256="0" * 64)
    monkeypatch.setattr(assistant, "load_registration", lambda: found)
    with pytest.raises(ValueError, match="no es el archivo que se anotó"):
        assistant.load_assistant()


def test_merging_it_changes_nothing():
    model = assistant.load_assistant()
    assert not any(weights.requires_grad for weights in model.model.network.parameters())
    assert all(matrix.abs().sum() > 0 for matrix in lora_state(model.model.network).values())
    ids = model.prompt(assistant.request("¿Qué es un volcán?"))
    adapted = model.model.step(ids)[0].log_softmax(-1)
    merge_lora(model.model.network)
    merged = model.model.step(ids)[0].log_softmax(-1)
    torch.testing.assert_close(merged, adapted, rtol=1e-5, atol=1e-5)


@pytest.mark.slow
def test_its_first_steps_repeat():
    recorded = assistant.load_registration().losses[:3]
    assert assistant.repeat_first_steps(3) == pytest.approx(recorded, abs=1e-3)
