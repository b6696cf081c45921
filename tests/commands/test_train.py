"""Entrenar un GPT con un texto propio, interrumpirlo, seguir, usarlo y equivocarse."""

import re
from pathlib import Path

import pytest

from siguiente.commands import train
from siguiente.language_models import training

WHO, DOES = ("El gato", "El perro", "El sol", "El mar"), ("duerme", "canta", "corre")
WHERE = ("la casa", "la calle", "la noche")
TEXT = "\n\n".join(f"{who} {does} en {where}." for who in WHO for does in DOES for where in WHERE)
SHAPE = ("--layers", "1", "--heads", "2", "--channels", "8", "--context", "8")
TINY = (*SHAPE, "--batch", "4", "--steps", "8", "--rate", "0.01", "--length", "5")


WRITTEN = [
    "README.md",
    "checkpoint.pt",
    "config.json",
    "curves.png",
    "model.safetensors",
    "settings.json",
    "tokenizer.json",
    "tokenizer_config.json",
]


@pytest.fixture
def run(order):
    return lambda *options: order("train", "texto.txt", *TINY, *options)


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "texto.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def fails(refused):
    return lambda *options: refused("train", "texto.txt", *TINY, *options)


def names(folder):
    return sorted(found.name for found in Path(folder).iterdir())


@pytest.mark.parametrize("tokenizer", ["words", "bpe", "bytes"])
def test_what_it_says_and_what_it_writes(run, path, capsys, tokenizer):
    assert run("--tokenizer", tokenizer, "--vocab-size", "270") == 0
    said = capsys.readouterr().out
    bits = [float(x.replace(",", ".")) for x in re.findall(r"([\d,]+) bits por byte", said)]
    assert len(bits) == 9
    assert bits[-1] < bits[0]
    assert "El GPT escribe:\n" in said
    assert names("gpt") == WRITTEN
    assert Path("gpt/curves.png").read_bytes().startswith(b"\x89PNG")


def test_interrupted_the_same_order_goes_on_and_ends_the_same(run, path, capsys, monkeypatch):
    assert run("--out", "whole") == 0
    whole = capsys.readouterr().out.split("El GPT escribe:")[1]
    step, calls = training.training_step, []

    def stopped(*given):
        calls.append(given)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return step(*given)

    monkeypatch.setattr(training, "training_step", stopped)
    assert run("--out", "parts") == 130
    assert "Interrumpido" in capsys.readouterr().err
    assert names("parts") == ["checkpoint.pt", "settings.json"]
    monkeypatch.setattr(training, "training_step", step)
    assert run("--out", "parts") == 0
    said = capsys.readouterr().out
    assert "un entrenamiento empezado: se sigue desde ahí" in said
    assert said.split("El GPT escribe:")[1].replace("parts", "whole") == whole


@pytest.mark.parametrize(
    "late", ["language_models.sampling.complete", "course.figures.curves.learning_curves"]
)
def test_interrupted_after_training_the_same_order_writes_and_draws(run, path, capsys, monkeypatch, late):
    def stopped(*given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(f"siguiente.{late}", stopped)
        assert run() == 130
    assert "Interrumpido" in capsys.readouterr().err
    assert "curves.png" not in names("gpt")
    assert run() == 0
    assert names("gpt") == WRITTEN


@pytest.mark.parametrize("name", ["tokenizer.json", "checkpoint.pt"])
def test_it_never_touches_what_is_not_its_own(fails, path, name):
    Path("gpt").mkdir()
    Path("gpt", name).write_text("otra cosa", encoding="utf-8")
    for options in ([], ["--restart"]):
        assert "no es de esta orden" in fails(*options)
    assert names("gpt") == [name]
    assert Path("gpt", name).read_text(encoding="utf-8") == "otra cosa"


@pytest.mark.parametrize(
    "option", [("--steps", "0"), ("--rate", "-1"), ("--rate", "nan"), ("--batch", "0"), ("--heads", "3")]
)
def test_a_refused_restart_removes_nothing(run, fails, path, option):
    run()
    before = {name: Path("gpt", name).read_bytes() for name in names("gpt")}
    fails("--restart", *option)
    assert {name: Path("gpt", name).read_bytes() for name in names("gpt")} == before


def test_what_was_trained_goes_on_writing(run, order, path, capsys):
    run("--prompt", "El gato")
    written = capsys.readouterr().out
    assert order("complete", "El gato", "--model", "./gpt", "--temperature", "0", "--length", "4") == 0
    assert capsys.readouterr().out.startswith("El gato")
    assert "El GPT escribe:\nEl gato" in written


@pytest.mark.filterwarnings("default")
def test_more_steps_go_on_and_the_rate_rises_again(run, fails, path, capsys, monkeypatch):
    run()
    before, calls, step = Path("gpt/model.safetensors").read_bytes(), [], training.training_step
    monkeypatch.setattr(training, "training_step", lambda *given: calls.append(given[-1]) or step(*given))
    assert run("--steps", "12") == 0
    assert calls == [8, 9, 10, 11]
    assert Path("gpt/model.safetensors").read_bytes() != before
    told = capsys.readouterr().err
    assert "de 8 pasos a 12" in told
    assert "No sale lo mismo que con todos desde el principio" in told
    assert run("--steps", "12") == 0
    assert "de 8 pasos" not in capsys.readouterr().err
    assert "otros ajustes (steps)" in fails("--steps", "9")


def test_interrupted_while_it_restarts_it_can_start_again(run, path, monkeypatch):
    def stopped(*given):
        raise KeyboardInterrupt

    assert run() == 0
    with monkeypatch.context() as patched:
        patched.setattr(training, "training_step", stopped)
        assert run("--restart") == 130
    assert run() == 0


def test_a_damaged_or_foreign_checkpoint_is_explained_and_kept(run, fails, path, capsys):
    assert run() == 0
    capsys.readouterr()
    assert "otros ajustes (rate)" in fails("--rate", "0.5")
    saved = Path("gpt/checkpoint.pt")
    saved.write_bytes(saved.read_bytes()[:-7])
    damaged = saved.read_bytes()
    assert "está dañado o incompleto" in fails()
    assert saved.read_bytes() == damaged
    assert run("--restart") == 0


def test_it_continues_a_prompt(run, path, capsys):
    assert run("--prompt", "El gato") == 0
    assert "El GPT escribe:\nEl gato" in capsys.readouterr().out


def test_without_a_text_it_learns_the_stories(order, path, monkeypatch, capsys):
    monkeypatch.setattr(train, "STORIES", 50)
    assert order("train", *TINY, "--steps", "2") == 0
    assert "50 textos" in capsys.readouterr().out


def test_it_measures_with_the_end_and_never_with_too_much(path):
    learn, held_out = train.texts(path)
    assert " ".join([*learn, *held_out]).split() == TEXT.split()
    assert len(learn) > 30
    assert 0.05 < sum(map(len, held_out)) / len(TEXT) < 0.15
    assert train.limited(["a" * 60_000, "b"]) == ["a" * 60_000]
    assert len(train.limited(["a" * 20_000] * 9)) == 2


def test_one_long_line_is_a_text_like_any_other(path):
    path.write_text("la casa y la cama " * 20, encoding="utf-8")
    learn, held_out = train.texts(path)
    assert " ".join([*learn, *held_out]) == path.read_text(encoding="utf-8").rstrip()
    assert len(learn) == len(held_out) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "vacío"),
        (b"a", "no tiene qué aprender"),
        (b"palabra", "menos de 20 palabras"),
        (b"uno dos " * 10, "El texto es corto"),
        ("caña".encode("cp1252"), "no está en UTF-8"),
    ],
)
def test_a_text_that_does_not_serve_is_explained(fails, path, content, message):
    path.write_bytes(content)
    assert message in fails()
    assert names(path.parent) == ["texto.txt"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--heads", "3"], "por igual"),
        (["--steps", "0"], "--steps: debe ser un número entero"),
        (["--prompt", "El gato " * 8], "acórtelo"),
        (["--length", "0"], "--length"),
        (["--out", "texto.txt"], "no es de esta orden"),
        (["--rate", "1e30"], "dejó de ser un número finito"),
    ],
)
def test_impossible_options_are_explained(fails, path, options, message):
    assert message in fails(*options)
