"""Los ejemplos de cada método, con una política diminuta: usar datos propios, interrumpir, seguir y errar."""

import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file, save_file

from siguiente.alignment.reward_model import RewardModel
from siguiente.alignment.sequences import PromptCompletion
from siguiente.course.alignment.preferences import StoryPair
from siguiente.course.cli import own_data, scripts
from siguiente.course.cli.scripts import save_curves
from siguiente.course.data.story_requests import StoryRequest
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.words import WordTokenizer
from siguiente.transformers.gpt import GPT, GPTConfig

FOLDER = Path(__file__).parents[2] / "examples" / "alignment"
REQUEST = StoryRequest("Ana", "pet")
STORIES = ("Ana rió.", "Ana y su mascota rieron.")
RECORDS = [
    {
        "prompt": f"di {word}.",
        "completion": f" {word} gracias",
        "chosen": f" {word} gracias",
        "rejected": " no",
    }
    for word in ("sí", "hola", "ya", "sol", "mar")
]
RESULTS = {
    "sft": "policy.safetensors",
    "reward_model": "reward.safetensors",
    "best_of_n": "answers.jsonl",
    "reinforce": "policy.safetensors",
    "dpo": "policy.safetensors",
}
ROUND = {  # la función que cada uno llama una vez por paso
    "sft": "siguiente.alignment.sft.training_step",
    "reward_model": "siguiente.alignment.reward_model.update",
    "best_of_n": "siguiente.alignment.rollouts.sample_answers",
    "reinforce": "siguiente.alignment.rl.move",
    "dpo": "siguiente.alignment.dpo.update",
}
STEPS, NAMES = ("--steps", "4", "--batch", "4"), sorted(RESULTS)
TINY = dict.fromkeys(RESULTS, STEPS) | {"best_of_n": ("--n", "3"), "reinforce": (*STEPS, "--batch", "8")}


def tiny_policy(channels=8):
    texts = [text for record in RECORDS for text in record.values()]
    tokenizer = WordTokenizer.from_texts([*texts, REQUEST.text, *STORIES])
    config = GPTConfig(tokenizer.vocab_size, context_length=32, layers=1, heads=2, channels=channels)
    return TextModel(GPT(config).eval(), tokenizer)


def tiny_reward():
    model = RewardModel(tiny_policy().model)
    torch.nn.init.normal_(model.values.head.weight, generator=torch.Generator().manual_seed(0))
    return model


def undrawn(path, panels, xlabel="Paso"):
    """Dibujar es lo que más tarda."""
    assert all(len(line) > 0 for lines in panels.values() for line in lines.values())
    path.write_bytes(b"")


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.setattr(scripts, "save_curves", undrawn)
    shown = (PromptCompletion(REQUEST.text, STORIES[0]),) * 3
    monkeypatch.setattr(own_data, "load_story_policy", tiny_policy)
    monkeypatch.setattr(own_data, "STORY_BASE", SimpleNamespace(load=tiny_policy))
    monkeypatch.setattr(own_data, "load_story_reward", tiny_reward)
    monkeypatch.setattr(own_data, "load_story_pairs", lambda: [StoryPair(REQUEST, *STORIES)] * 5)
    monkeypatch.setattr(own_data, "load_demonstrations", lambda split, count: shown)
    monkeypatch.setattr(own_data, "unused_prompts", lambda: [REQUEST.text] * 3)

    def run(name, *given, out="out"):
        main = runpy.run_path(str(FOLDER / f"{name}.py"))["main"]
        return main([*map(str, given), *TINY[name], "--out", str(tmp_path / out)])

    return run


@pytest.fixture
def data(tmp_path):
    return write(tmp_path / "datos.jsonl", RECORDS)


def write(path, records):
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return path


def refused(run, capsys, *given, **more):
    with pytest.raises(SystemExit) as stopped:
        run(*given, **more)
    assert stopped.value.code == 2
    return " ".join(capsys.readouterr().err.split("error: ")[-1].split())


@pytest.mark.parametrize("name", NAMES)
def test_it_learns_from_own_data_and_says_where_it_is(run, data, tmp_path, capsys, monkeypatch, name):
    monkeypatch.setattr(scripts, "save_curves", save_curves)
    assert run(name, data) == 0
    assert f"Está todo en {tmp_path / 'out'}: {RESULTS[name]}, curves.png." in capsys.readouterr().out
    assert (tmp_path / "out" / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "out" / RESULTS[name]).stat().st_size > 0


@pytest.mark.parametrize("name", NAMES)
def test_without_data_it_uses_those_of_the_course(run, tmp_path, name):
    assert run(name) == 0
    assert (tmp_path / "out" / RESULTS[name]).stat().st_size > 0


@pytest.mark.parametrize("name", NAMES)
def test_an_interrupted_run_ends_the_same(run, data, tmp_path, monkeypatch, capsys, name):
    run(name, data, out="whole")
    module, _, function = ROUND[name].rpartition(".")
    real, calls = getattr(__import__(module, fromlist=["_"]), function), []

    def interrupted(*given):
        calls.append(given)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*given)

    with monkeypatch.context() as patched:
        patched.setattr(ROUND[name], interrupted)
        assert run(name, data) == 130
    assert "repita la misma orden" in capsys.readouterr().err
    assert not (tmp_path / "out" / "curves.png").exists()
    with monkeypatch.context() as patched:  # lo hecho no se repite
        patched.setattr(ROUND[name], lambda *given: calls.append(given) or real(*given))
        assert run(name, data) == 0
    assert len(calls) - 1 == (len(RECORDS) if name == "best_of_n" else 4)
    parts, whole = ((tmp_path / out / RESULTS[name]).read_bytes() for out in ("out", "whole"))
    assert parts == whole


@pytest.mark.parametrize("name", NAMES)
def test_other_settings_never_overwrite(run, data, tmp_path, capsys, name):
    run(name, data)
    before = (tmp_path / "out" / RESULTS[name]).read_bytes()
    assert "resultados de otros ajustes (seed)" in refused(run, capsys, name, data, "--seed", "7")
    assert "resultados de otros ajustes (data)" in refused(run, capsys, name)
    assert (tmp_path / "out" / RESULTS[name]).read_bytes() == before
    assert run(name, data, "--seed", "7", "--restart") == 0
    assert (tmp_path / "out" / RESULTS[name]).read_bytes() != before


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "ninguna línea con datos"),
        ("{", "línea 1: no es JSON"),
        ("{}", "línea 1: 'prompt' falta o está vacío"),
        (None, "No se puede abrir"),
    ],
)
def test_bad_data_is_said_and_nothing_is_left(run, tmp_path, capsys, name, text, message):
    path = tmp_path / "datos.jsonl"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    assert message in refused(run, capsys, name, path)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", NAMES)
def test_what_does_not_fit_is_said(run, tmp_path, capsys, name):
    field = "prompt" if name in ("best_of_n", "reinforce") else "completion" if name == "sft" else "chosen"
    path = write(tmp_path / "datos.jsonl", [RECORDS[0] | {field: "muchas palabras " * 40}] * 5)
    assert "en el contexto caben 32" in refused(run, capsys, name, path)


@pytest.mark.parametrize("name", ["dpo", "reward_model"])
def test_empty_and_equal_answers_are_said(run, tmp_path, capsys, name):
    equal = write(tmp_path / "iguales.jsonl", [*RECORDS[:4], RECORDS[4] | {"rejected": " mar gracias"}])
    assert "línea 5: las dos respuestas son iguales" in refused(run, capsys, name, equal)
    empty = write(tmp_path / "vacías.jsonl", [RECORDS[0] | {"rejected": " "}])
    assert "línea 1: 'rejected' falta o está vacío" in refused(run, capsys, name, empty)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", ["dpo", "reward_model"])
def test_contradictory_pairs_are_announced(run, tmp_path, capsys, name):
    swapped = RECORDS[0] | {"chosen": " no", "rejected": " sí gracias"}
    assert run(name, write(tmp_path / "datos.jsonl", [*RECORDS, swapped])) == 0
    said = capsys.readouterr().err
    assert "Aviso: datos.jsonl: las líneas 1 y 6 se contradicen" in said
    assert "UserWarning" not in said


@pytest.mark.parametrize("name", ["sft", "dpo", "reward_model", "reinforce"])
@pytest.mark.parametrize(
    ("options", "message"),
    [(("--rate", "nan"), "learning_rate"), (("--seed", "a"), "--seed")],
)
def test_wrong_options_are_said(run, data, capsys, name, options, message):
    assert message in refused(run, capsys, name, data, *options)


@pytest.mark.parametrize("name", ["sft", "dpo", "reinforce"])
def test_a_loss_that_is_not_a_number_is_said(run, data, capsys, name):
    assert "número finito" in refused(run, capsys, name, data, "--rate", "1e30")


def test_few_pairs_cannot_be_measured(run, tmp_path, capsys):
    path = write(tmp_path / "datos.jsonl", RECORDS[:4])
    assert "Hay 4 parejas y hacen falta 5" in refused(run, capsys, "reward_model", path)


def test_the_whole_road_on_own_data(run, data, tmp_path, capsys):
    """Cada ejemplo parte de lo que escribió otro."""
    assert run("sft", data, "--rate", "0.05", out="sft") == 0
    policy = tmp_path / "sft" / "policy.safetensors"
    assert run("reward_model", data, "--policy", policy, out="reward") == 0
    reward = tmp_path / "reward" / "reward.safetensors"
    assert run("best_of_n", data, "--policy", policy, "--reward", reward, out="best") == 0
    chosen = tmp_path / "best" / "answers.jsonl"
    rows = [json.loads(line) for line in chosen.read_text("utf-8").splitlines()]
    assert [row["prompt"] for row in rows] == [f"{record['prompt']}\n" for record in RECORDS]
    assert all(len(row["rewards"]) == 3 for row in rows)
    for method in ("reinforce", "ppo", "grpo"):
        order = ("reinforce", data, "--policy", policy, "--reward", reward, "--method", method)
        assert run(*order, "--beta", "0.1", out=method) == 0
        before, after = load_file(policy), load_file(tmp_path / method / "policy.safetensors")
        assert any(not torch.equal(before[key], after[key]) for key in before)
    other = (*order[:-1], "ppo", "--beta", "0.1")
    assert "resultados de otros ajustes (method)" in refused(run, capsys, *other, out="grpo")


def test_files_of_other_models_and_damaged_ones_are_refused(run, data, tmp_path, capsys):
    run("reward_model", data, out="reward")
    reward, other = tmp_path / "reward" / "reward.safetensors", tmp_path / "otra.safetensors"
    assert "ahí va una política" in refused(run, capsys, "dpo", data, "--policy", reward)
    own_data.save_weights(other, tiny_policy(channels=12).model)
    assert "es de otro modelo" in refused(run, capsys, "dpo", data, "--policy", other)
    save_file({key: value * torch.nan for key, value in load_file(reward).items()}, other)
    assert "no es un número finito" in refused(run, capsys, "reinforce", data, "--reward", other)
    other.write_bytes(reward.read_bytes()[:-7])
    assert "está incompleto" in refused(run, capsys, "best_of_n", data, "--reward", other)
    missing = tmp_path / "no.safetensors"
    assert "No se puede abrir" in refused(run, capsys, "best_of_n", data, "--reward", missing)
    assert not (tmp_path / "out").exists()


@pytest.mark.filterwarnings("default")
def test_a_constant_reward_is_announced(run, data, tmp_path, capsys):
    path = tmp_path / "cero.safetensors"
    own_data.save_weights(path, RewardModel(tiny_policy().model))
    assert run("reinforce", data, "--reward", path) == 0
    assert "Aviso: Toda respuesta recibió la misma recompensa" in capsys.readouterr().err


def test_nothing_foreign_is_written_over(run, data, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    note = tmp_path / "out" / "policy.safetensors"
    note.write_text("mío", encoding="utf-8")
    for options in ((), ("--restart",)):
        assert "no es de este ejemplo" in refused(run, capsys, "dpo", data, *options)
    assert note.read_text(encoding="utf-8") == "mío"
    assert "está donde van los resultados" in refused(run, capsys, "dpo", data, out=".")
