"""Las órdenes de cada método, con una política diminuta: usar datos propios, interrumpir, seguir y errar."""

import json
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file, save_file

from siguiente.alignment.reward_model import RewardModel
from siguiente.alignment.sequences import PromptCompletion
from siguiente.commands.reward import held_out
from siguiente.course.alignment.preferences import StoryPair
from siguiente.course.cli import command, own_data
from siguiente.course.cli.command import save_curves
from siguiente.course.data.story_requests import StoryRequest
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.words import WordTokenizer
from siguiente.transformers.gpt import GPT, GPTConfig

REQUEST = StoryRequest("Ana", "pet")
NAMED = ("Ana", "Eva", "Leo", "Luis", "Mario")
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
    "reward": "reward.safetensors",
    "best-of-n": "answers.jsonl",
    "rl": "policy.safetensors",
    "dpo": "policy.safetensors",
}
ROUND = {  # la función que cada uno llama una vez por paso
    "sft": "siguiente.alignment.sft.training_step",
    "reward": "siguiente.alignment.reward_model.update",
    "best-of-n": "siguiente.alignment.rollouts.sample_answers",
    "rl": "siguiente.alignment.rl.move",
    "dpo": "siguiente.alignment.dpo.update",
}
STEPS, NAMES = ("--steps", "4", "--batch", "4"), sorted(RESULTS)
TINY = dict.fromkeys(RESULTS, STEPS) | {"best-of-n": ("--n", "3"), "rl": (*STEPS, "--batch", "8")}


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
def run(order, monkeypatch, tmp_path):
    monkeypatch.setattr(command, "save_curves", undrawn)
    shown = (PromptCompletion(REQUEST.text, STORIES[0]),) * 3
    monkeypatch.setattr(own_data, "load_story_policy", tiny_policy)
    monkeypatch.setattr(own_data, "STORY_BASE", SimpleNamespace(load=tiny_policy))
    monkeypatch.setattr(own_data, "load_story_reward", tiny_reward)
    monkeypatch.setattr(
        own_data,
        "load_story_pairs",
        lambda: [StoryPair(StoryRequest(name, "pet"), *STORIES) for name in NAMED],
    )
    monkeypatch.setattr(own_data, "load_demonstrations", lambda split, count: shown)
    monkeypatch.setattr(own_data, "unused_prompts", lambda: [REQUEST.text] * 3)

    return lambda name, *given, out="out": order(name, *given, *TINY[name], "--out", tmp_path / out)


@pytest.fixture
def fails(run, refused, tmp_path):
    return lambda name, *given, out="out": refused(name, *given, *TINY[name], "--out", tmp_path / out)


@pytest.fixture
def data(tmp_path):
    return write(tmp_path / "datos.jsonl", RECORDS)


def write(path, records):
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", NAMES)
def test_it_learns_from_own_data_and_says_where_it_is(run, data, tmp_path, capsys, monkeypatch, name):
    monkeypatch.setattr(command, "save_curves", save_curves)
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
    assert "Interrumpido" in capsys.readouterr().err
    assert not (tmp_path / "out" / "curves.png").exists()
    with monkeypatch.context() as patched:  # lo hecho no se repite
        patched.setattr(ROUND[name], lambda *given: calls.append(given) or real(*given))
        assert run(name, data) == 0
    assert len(calls) - 1 == (len(RECORDS) if name == "best-of-n" else 4)
    parts, whole = ((tmp_path / out / RESULTS[name]).read_bytes() for out in ("out", "whole"))
    assert parts == whole


@pytest.mark.parametrize("name", NAMES)
def test_other_settings_never_overwrite(run, fails, data, tmp_path, name):
    run(name, data)
    before = (tmp_path / "out" / RESULTS[name]).read_bytes()
    assert "resultados de otros ajustes (seed)" in fails(name, data, "--seed", "7")
    assert "resultados de otros ajustes (data)" in fails(name)
    assert (tmp_path / "out" / RESULTS[name]).read_bytes() == before
    assert run(name, data, "--seed", "7", "--restart") == 0
    assert (tmp_path / "out" / RESULTS[name]).read_bytes() != before


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "ninguna línea con datos"),
        ("{", "línea 1: no es un objeto de JSON"),
        ("[" * 100_000, "línea 1: no es un objeto de JSON"),
        ('["a"]', "línea 1: cada línea ha de ser un objeto"),
        ('{"messages": "hola"}', "línea 1: de los mensajes se lee"),
        ("{}", "línea 1: 'prompt' falta, está vacío o no es un texto"),
        (None, "No se puede abrir"),
    ],
)
def test_bad_data_is_said_and_nothing_is_left(fails, tmp_path, name, text, message):
    path = tmp_path / "datos.jsonl"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    assert message in fails(name, path)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", NAMES)
def test_what_does_not_fit_is_said(fails, tmp_path, name):
    field = "prompt" if name in ("best-of-n", "rl") else "completion" if name == "sft" else "chosen"
    path = write(tmp_path / "datos.jsonl", [RECORDS[0] | {field: "muchas palabras " * 40}] * 5)
    assert "en el contexto caben 32" in fails(name, path)


@pytest.mark.parametrize("name", ["dpo", "reward"])
def test_empty_and_equal_answers_are_said(fails, tmp_path, name):
    equal = write(tmp_path / "iguales.jsonl", [*RECORDS[:4], RECORDS[4] | {"rejected": " mar gracias"}])
    assert "línea 5: las dos respuestas son iguales" in fails(name, equal)
    empty = write(tmp_path / "vacías.jsonl", [RECORDS[0] | {"rejected": " "}])
    assert "línea 1: 'rejected' falta, está vacío" in fails(name, empty)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", ["dpo", "reward"])
def test_contradictory_pairs_are_announced(run, tmp_path, capsys, name):
    swapped = RECORDS[0] | {"chosen": " no", "rejected": " sí gracias"}
    assert run(name, write(tmp_path / "datos.jsonl", [*RECORDS, swapped])) == 0
    said = capsys.readouterr().err
    assert "Aviso: datos.jsonl: las líneas 1 y 6 se contradicen" in said
    assert "UserWarning" not in said


@pytest.mark.parametrize("name", ["sft", "dpo", "reward", "rl"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--rate", "nan"), "--rate: debe ser un número mayor que 0"),
        (("--steps", "0"), "--steps: debe ser un número entero, 1 como poco"),
        (("--seed", "20261122123456"), "--seed: debe ser un número entero, entre 0 y"),
    ],
)
def test_wrong_options_are_said(fails, data, name, options, message):
    assert message in fails(name, data, *options)


@pytest.mark.parametrize("name", ["sft", "dpo", "rl"])
def test_a_loss_that_is_not_a_number_is_said(fails, data, name):
    assert "número finito" in fails(name, data, "--rate", "1e30")


def test_few_pairs_cannot_be_measured(fails, tmp_path):
    path = write(tmp_path / "datos.jsonl", RECORDS[:4])
    assert "Hay 4 peticiones distintas y hacen falta 5" in fails("reward", path)


def test_the_whole_road_on_own_data(run, fails, data, tmp_path):
    """Cada orden parte de lo que escribió otra."""
    assert run("sft", data, "--rate", "0.05", out="sft") == 0
    policy = tmp_path / "sft" / "policy.safetensors"
    assert run("reward", data, "--policy", policy, out="reward") == 0
    reward = tmp_path / "reward" / "reward.safetensors"
    assert run("best-of-n", data, "--policy", policy, "--reward", reward, out="best") == 0
    chosen = tmp_path / "best" / "answers.jsonl"
    rows = [json.loads(line) for line in chosen.read_text("utf-8").splitlines()]
    assert [row["prompt"] for row in rows] == [record["prompt"] for record in RECORDS]
    assert all(len(row["rewards"]) == 3 for row in rows)
    for method in ("reinforce", "ppo", "grpo"):
        order = ("rl", data, "--policy", policy, "--reward", reward, "--method", method)
        assert run(*order, "--beta", "0.1", out=method) == 0
        before, after = load_file(policy), load_file(tmp_path / method / "policy.safetensors")
        assert any(not torch.equal(before[key], after[key]) for key in before)
    other = (*order[:-1], "ppo", "--beta", "0.1")
    assert "resultados de otros ajustes (method)" in fails(*other, out="grpo")


def test_a_policy_goes_on_writing(run, order, data, tmp_path, capsys):
    run("sft", data, "--rate", "0.05")
    capsys.readouterr()
    policy = tmp_path / "out" / "policy.safetensors"
    assert order("complete", r"di sí.\n", "--model", policy, "--length", "3", "--temperature", "0") == 0
    assert capsys.readouterr().out.startswith("di sí.\n")


def test_files_of_other_models_and_damaged_ones_are_refused(run, fails, data, tmp_path):
    run("reward", data, out="reward")
    reward, other = tmp_path / "reward" / "reward.safetensors", tmp_path / "otra.safetensors"
    assert "ahí va una política" in fails("dpo", data, "--policy", reward)
    own_data.save_weights(other, tiny_policy(channels=12).model)
    assert "es de otro modelo" in fails("dpo", data, "--policy", other)
    save_file({key: value * torch.nan for key, value in load_file(reward).items()}, other)
    assert "no es un número finito" in fails("rl", data, "--reward", other)
    other.write_bytes(reward.read_bytes()[:-7])
    assert "está incompleto" in fails("best-of-n", data, "--reward", other)
    missing = tmp_path / "no.safetensors"
    assert "No se puede abrir" in fails("best-of-n", data, "--reward", missing)
    assert not (tmp_path / "out").exists()


@pytest.mark.filterwarnings("default")
def test_a_constant_reward_is_announced(run, data, tmp_path, capsys):
    path = tmp_path / "cero.safetensors"
    own_data.save_weights(path, RewardModel(tiny_policy().model))
    assert run("rl", data, "--reward", path) == 0
    assert "Aviso: Toda respuesta recibió la misma recompensa" in capsys.readouterr().err


def test_nothing_foreign_is_written_over(fails, data, tmp_path):
    (tmp_path / "out").mkdir()
    note = tmp_path / "out" / "policy.safetensors"
    note.write_text("mío", encoding="utf-8")
    for options in ((), ("--restart",)):
        assert "no es de esta orden" in fails("dpo", data, *options)
    assert note.read_text(encoding="utf-8") == "mío"
    assert "está donde van los resultados" in fails("dpo", data, out=".")


def test_an_empty_answer_is_never_chosen(run, data, tmp_path, monkeypatch):
    """Una recompensa que prefiere lo corto elegiría una respuesta vacía, de la que no se aprende."""
    monkeypatch.setattr(
        "siguiente.alignment.reward_model.score_texts",
        lambda reward, policy, prompts, texts: [-float(len(text)) for text in texts],
    )
    monkeypatch.setattr(
        "siguiente.alignment.rollouts.sample_answers",
        lambda *given: SimpleNamespace(texts=["", " gracias", " no gracias"]),
    )
    assert run("best-of-n", data) == 0
    assert run("sft", tmp_path / "out" / "answers.jsonl", out="sft") == 0


def test_more_requests_go_on_and_fewer_are_refused(run, fails, data, tmp_path):
    run("best-of-n", data, "--limit", "2")
    before = (tmp_path / "out" / "answers.jsonl").read_text("utf-8")
    assert run("best-of-n", data, "--limit", "4") == 0
    assert (tmp_path / "out" / "answers.jsonl").read_text("utf-8").startswith(before)
    assert "otros ajustes (limit)" in fails("best-of-n", data, "--limit", "1")


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", sorted({*NAMES} - {"best-of-n"}))
def test_more_steps_go_on_from_where_it_was(run, fails, data, tmp_path, monkeypatch, capsys, name):
    run(name, data)
    module, _, function = ROUND[name].rpartition(".")
    real, calls = getattr(__import__(module, fromlist=["_"]), function), []
    monkeypatch.setattr(ROUND[name], lambda *given: calls.append(given) or real(*given))
    monkeypatch.setitem(TINY, name, (*TINY[name], "--steps", "7"))
    assert run(name, data) == 0
    assert len(calls) == 3  # los cuatro de antes no se repiten
    assert "Aviso: de 4 pasos a 7: la tasa de aprendizaje" in capsys.readouterr().err
    monkeypatch.setitem(TINY, name, (*TINY[name], "--steps", "5"))
    assert "otros ajustes (steps)" in fails(name, data)


def test_any_line_break_inside_a_text_resumes(run, tmp_path):
    rows = [{"prompt": f"di{mark}sí"} for mark in ("\u2028", "\u2029", "\u0085", " ")]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n\n" for row in rows)
    (tmp_path / "datos.jsonl").write_text(text, encoding="utf-8")
    for limit in ("2", "4"):
        assert run("best-of-n", tmp_path / "datos.jsonl", "--limit", limit) == 0
    assert len((tmp_path / "out" / "answers.jsonl").read_text("utf-8").rstrip("\n").split("\n")) == 4


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [("dpo", "--beta", "0"), ("dpo", "--beta", "nan"), ("rl", "--beta", "-1"), ("sft", "--rate", "-1")],
)
def test_an_order_that_is_refused_changes_nothing(run, fails, data, tmp_path, name, option, value):
    run(name, data)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert option in fails(name, data, "--restart", option, value)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_a_refused_order_leaves_no_trace(fails, data, tmp_path):
    assert "--beta" in fails("dpo", data, "--beta", "0")
    assert not (tmp_path / "out").exists()


def test_the_results_of_another_order_are_never_removed(run, fails, data, tmp_path):
    run("sft", data)
    before = (tmp_path / "out" / "policy.safetensors").read_bytes()
    for options in ((), ("--restart",)):
        assert "otr" in fails("dpo", data, *options)
    assert (tmp_path / "out" / "policy.safetensors").read_bytes() == before


def test_every_line_that_does_not_fit_is_said(fails, tmp_path):
    long = RECORDS[0] | {"completion": "muchas palabras " * 40}
    path = write(tmp_path / "datos.jsonl", [RECORDS[0], long, RECORDS[1], long])
    error = fails("sft", path)
    assert "caben 32 tokens" in error
    assert " 2 (" in error
    assert " 4 (" in error


@pytest.mark.filterwarnings("default")
def test_words_that_the_stories_do_not_have_are_announced(run, tmp_path, capsys):
    rare = {"prompt": "hz", "completion": " qw"}
    assert run("sft", write(tmp_path / "datos.jsonl", [rare] * 3)) == 0
    assert "el 100\u202f% no está en el vocabulario de los cuentos" in capsys.readouterr().err


@pytest.mark.parametrize(
    "record",
    [
        {"messages": [{"role": "user", "content": "di sí."}, {"role": "assistant", "content": " sí"}]},
        {"instruction": "di sí.", "input": "", "output": " sí"},
        {
            "prompt": [{"role": "user", "content": "di sí."}],
            "completion": [{"role": "assistant", "content": " sí"}],
        },
    ],
)
def test_what_other_tools_write_is_read(run, tmp_path, record, capsys):
    assert run("sft", write(tmp_path / "datos.jsonl", [record] * 3)) == 0
    assert "di sí.\n" in capsys.readouterr().out


def test_half_a_character_is_said_with_its_line(fails, tmp_path):
    path = tmp_path / "datos.jsonl"
    path.write_text('{"prompt": "di \\ud83d", "completion": "sí"}', encoding="utf-8")
    assert "datos.jsonl, línea 1: tiene medio carácter" in fails("sft", path)


def test_no_prompt_is_both_seen_and_measured():
    prompts = ["a", "b", "c", "d", "e"] * 3
    apart = held_out(prompts)
    assert {p for p, out in zip(prompts, apart, strict=True) if out} == {"e"}
    assert sum(apart) == 3
