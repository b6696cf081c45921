"""Hacer un asistente de un Gemma diminuto: interrumpir, seguir, usar datos propios y equivocarse."""

import json

import pytest
import torch

from siguiente.alignment.lora import load_adapter, lora_state
from siguiente.alignment.sequences import Demonstrations
from siguiente.commands.assistant import batch_size
from siguiente.course.alignment.spanish_assistant import base_key
from siguiente.language_models.protocol import ByteTokenizer, TextModel
from siguiente.llm.pretrained import PretrainedModel

RECORD = {"prompt": "Salude.", "completion": "¡Hola!"}


def tiny_gemma(name="gemma-3-270m"):
    from transformers.models.gemma3.modeling_gemma3 import Gemma3ForCausalLM, Gemma3TextConfig

    torch.manual_seed(0)
    shape = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "head_dim": 8}
    config = Gemma3TextConfig(vocab_size=258, num_attention_heads=2, num_key_value_heads=1, **shape)
    network = Gemma3ForCausalLM(config).requires_grad_(False).eval()
    return TextModel(PretrainedModel(network, 258, 512), ByteTokenizer())


@pytest.fixture
def run(order, monkeypatch, tmp_path):
    monkeypatch.setattr("siguiente.llm.files.loading.load", tiny_gemma)
    return lambda *given, out="out": order("assistant", *given, "--out", tmp_path / out)


@pytest.fixture
def fails(run, refused, tmp_path):
    return lambda *given: refused("assistant", *given, "--out", tmp_path / "out")


def written(folder):
    return [(folder / name).read_bytes() for name in ("adapter.safetensors", "adapter.json")]


def test_what_it_saves_is_what_it_learned(run, tmp_path, capsys):
    assert run("--steps", "6", "--rate", "0.01") == 0
    assert "¿Qué es un volcán?" in capsys.readouterr().out
    log = json.loads((tmp_path / "out" / "adapter.json").read_text(encoding="utf-8"))
    assert len(log["losses"]) == 6
    assert log["losses"][-1] < log["losses"][0]
    assert log["base"] == base_key()
    base, model = tiny_gemma(), tiny_gemma()
    load_adapter(tmp_path / "out" / "adapter.safetensors", model.model.network, base_key())
    ids = torch.tensor([[1, 2, 3]])
    assert not torch.equal(base.model.step(ids)[0], model.model.step(ids)[0])
    assert (tmp_path / "out" / "curves.png").stat().st_size > 0


def test_an_interrupted_run_ends_the_same(run, tmp_path, monkeypatch, capsys):
    run("--steps", "8", out="whole")
    from siguiente.alignment import sft

    real, count = sft.training_step, iter(range(100))

    def interrupted(*given):
        if next(count) == 6:
            raise KeyboardInterrupt
        return real(*given)

    monkeypatch.setattr(sft, "training_step", interrupted)
    assert run("--steps", "8") == 130
    assert "Interrumpido" in capsys.readouterr().err
    monkeypatch.setattr(sft, "training_step", real)
    assert run("--steps", "8") == 0
    assert written(tmp_path / "out") == written(tmp_path / "whole")


def test_it_learns_from_own_data_and_refuses_other_checkpoints(run, fails, tmp_path):
    path = tmp_path / "datos.jsonl"
    path.write_text(json.dumps(RECORD), encoding="utf-8")
    assert run(path, "--steps", "2") == 0
    assert "otros ajustes (data)" in fails("--steps", "2")
    assert run("--steps", "2", "--restart") == 0


def test_what_it_learned_can_be_talked_to(run, order, tmp_path, monkeypatch, capsys):
    """El Gemma diminuto no tiene plantilla que cambiar: aquí se mira que el adaptador llega al modelo."""
    run("--steps", "2")
    opened = []
    monkeypatch.setattr("siguiente.course.cli.models.answering", lambda model: opened.append(model) or model)
    adapter = tmp_path / "out" / "adapter.safetensors"
    assert order("complete", "Hola", "--length", "2", "--adapter", adapter) == 0
    assert lora_state(opened[0].model.network)


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "ninguna línea con datos"), ("{", "línea 1: no es un objeto"), (None, "No se puede abrir")],
)
def test_bad_data_is_said(fails, tmp_path, text, message):
    path = tmp_path / "datos.jsonl"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    assert message in fails(path)
    assert not (tmp_path / "out").exists()


def test_memory_does_not_grow_with_the_longest_answer(run, tmp_path, capsys):
    path = tmp_path / "datos.jsonl"
    path.write_text(json.dumps(RECORD | {"completion": "a" * 200}), encoding="utf-8")
    assert run(path, "--steps", "1") == 0
    assert "por paso se leen 2, y no 8" in capsys.readouterr().out


def test_what_does_not_fit_and_wrong_options_are_said(fails, tmp_path):
    path = tmp_path / "datos.jsonl"
    path.write_text(json.dumps(RECORD | {"completion": "a" * 600}), encoding="utf-8")
    assert "en el contexto caben 512" in fails(path)
    assert "--steps: debe ser un número entero, 1 como poco" in fails("--steps", "0")


def test_answers_too_long_for_a_step_are_enumerated():
    with pytest.raises(ValueError, match=r"más de 512 tokens.*: 2 \(600\)"):
        batch_size(Demonstrations([[1], [1]], [[2] * 5, [2] * 600]), 8)
