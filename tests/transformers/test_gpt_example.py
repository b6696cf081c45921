"""El ejemplo completo: entrenar con un texto propio, interrumpirlo, seguir y equivocarse."""

import re
import runpy
from pathlib import Path

import pytest

from siguiente.language_models import training

SCRIPT = Path(__file__).parents[2] / "examples" / "transformers" / "gpt.py"
WHO, DOES = ("El gato", "El perro", "El sol", "El mar"), ("duerme", "canta", "corre")
WHERE = ("la casa", "la calle", "la noche")
TEXT = "\n\n".join(f"{who} {does} en {where}." for who in WHO for does in DOES for where in WHERE)
SHAPE = ("--layers", "1", "--heads", "2", "--channels", "8", "--context", "8")
TINY = (*SHAPE, "--batch", "4", "--steps", "8", "--rate", "0.01", "--length", "5")


@pytest.fixture
def main():
    return runpy.run_path(str(SCRIPT))["main"]


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "texto.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def refused(main, capsys, *options):
    with pytest.raises(SystemExit) as stopped:
        main(["--text", "texto.txt", *TINY, *map(str, options)])
    assert stopped.value.code == 2
    return " ".join(capsys.readouterr().err.split("error: ")[-1].split())


def names(folder):
    return sorted(found.name for found in Path(folder).iterdir())


@pytest.mark.parametrize("tokenizer", ["words", "bpe", "bytes"])
def test_what_it_says_and_what_it_writes(main, path, capsys, tokenizer):
    assert main(["--text", "texto.txt", "--tokenizer", tokenizer, "--vocab", "270", *TINY]) == 0
    said = capsys.readouterr().out
    bits = [float(x.replace(",", ".")) for x in re.findall(r"([\d,]+) bits por byte", said)]
    assert len(bits) == 9
    assert bits[-1] < bits[0]
    assert "El GPT escribe:\n" in said
    assert names("gpt") == ["checkpoint.pt", "learning.png", "tokenizer.json"]
    assert Path("gpt/learning.png").read_bytes().startswith(b"\x89PNG")


def test_interrupted_the_same_order_goes_on_and_ends_the_same(main, path, capsys, monkeypatch):
    assert main(["--text", "texto.txt", "--checkpoint", "whole", *TINY]) == 0
    whole = capsys.readouterr().out.split("El GPT escribe:")[1]
    step, calls = training.training_step, []

    def stopped(*given):
        calls.append(given)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return step(*given)

    monkeypatch.setattr(training, "training_step", stopped)
    assert main(["--text", "texto.txt", "--checkpoint", "parts", *TINY]) == 130
    assert "repita la misma orden, sin --restart, para seguir" in capsys.readouterr().err
    assert names("parts") == ["checkpoint.pt"]
    monkeypatch.setattr(training, "training_step", step)
    assert main(["--text", "texto.txt", "--checkpoint", "parts", *TINY]) == 0
    said = capsys.readouterr().out
    assert "un entrenamiento empezado: se sigue desde ahí" in said
    assert said.split("El GPT escribe:")[1].replace("parts", "whole") == whole


@pytest.mark.parametrize(
    "late", ["language_models.sampling.complete", "course.figures.curves.learning_curves"]
)
def test_interrupted_after_training_the_same_order_writes_and_draws(main, path, capsys, monkeypatch, late):
    def stopped(*given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(f"siguiente.{late}", stopped)
        assert main(["--text", "texto.txt", *TINY]) == 130
    assert "repita la misma orden, sin --restart, para seguir" in capsys.readouterr().err
    assert "learning.png" not in names("gpt")
    assert main(["--text", "texto.txt", *TINY]) == 0
    assert names("gpt") == ["checkpoint.pt", "learning.png", "tokenizer.json"]


@pytest.mark.parametrize("name", ["tokenizer.json", "learning.png"])
def test_it_never_writes_over_anything_unasked(main, path, capsys, name):
    Path("gpt").mkdir()
    Path("gpt", name).write_text("otra cosa", encoding="utf-8")
    for options in ([], ["--restart"]):
        assert f"{Path('gpt', name)} ya existe y no es de esta orden" in refused(main, capsys, *options)
    assert names("gpt") == [name]
    assert Path("gpt", name).read_text(encoding="utf-8") == "otra cosa"
    assert main(["--text", "texto.txt", "--overwrite", *TINY]) == 0
    assert Path("gpt/learning.png").read_bytes().startswith(b"\x89PNG")


def test_interrupted_while_it_restarts_it_can_start_again(main, path, monkeypatch):
    def stopped(*given):
        raise KeyboardInterrupt

    assert main(["--text", "texto.txt", *TINY]) == 0
    with monkeypatch.context() as patched:
        patched.setattr(training, "training_step", stopped)
        assert main(["--text", "texto.txt", "--restart", *TINY]) == 130
    assert main(["--text", "texto.txt", *TINY]) == 0


def test_a_damaged_or_foreign_checkpoint_is_explained_and_kept(main, path, capsys):
    assert main(["--text", "texto.txt", *TINY]) == 0
    capsys.readouterr()
    assert "otro entrenamiento: no coincide la configuración" in refused(main, capsys, "--rate", "0.5")
    saved = Path("gpt/checkpoint.pt")
    saved.write_bytes(saved.read_bytes()[:-7])
    damaged = saved.read_bytes()
    assert "está dañado o incompleto" in refused(main, capsys)
    assert saved.read_bytes() == damaged
    assert main(["--text", "texto.txt", "--restart", *TINY]) == 0


def test_it_continues_a_prompt(main, path, capsys):
    assert main(["--text", "texto.txt", *TINY, "--prompt", "El gato"]) == 0
    assert "El GPT escribe:\nEl gato" in capsys.readouterr().out


def test_without_a_text_it_learns_the_stories(main, path, monkeypatch, capsys):
    monkeypatch.setitem(main.__globals__, "STORIES", 50)
    assert main([*TINY, "--steps", "2"]) == 0
    assert "50 textos" in capsys.readouterr().out


def test_it_measures_with_the_end_and_never_with_too_much(main, path):
    learn, held_out = main.__globals__["texts"](path)
    assert " ".join([*learn, *held_out]).split() == TEXT.split()
    assert len(learn) > 30
    assert 0.05 < sum(map(len, held_out)) / len(TEXT) < 0.15
    assert main.__globals__["limited"](["a" * 60_000, "b"]) == ["a" * 60_000]
    assert len(main.__globals__["limited"](["a" * 20_000] * 9)) == 2


def test_one_long_line_is_a_text_like_any_other(main, path):
    path.write_text("la casa y la cama " * 20, encoding="utf-8")
    learn, held_out = main.__globals__["texts"](path)
    assert " ".join([*learn, *held_out]) == path.read_text(encoding="utf-8").rstrip()
    assert len(learn) == len(held_out) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "vacío"),
        (b"a", "no tiene qué aprender"),
        (b"palabra", "menos de 20 palabras"),
        (b"uno dos " * 10, "el texto es corto"),
        ("caña".encode("cp1252"), "no está en UTF-8"),
    ],
)
def test_a_text_that_does_not_serve_is_explained(main, path, capsys, content, message):
    path.write_bytes(content)
    assert message in refused(main, capsys)
    assert names(path.parent) == ["texto.txt"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--heads", "3"], "por igual"),
        (["--steps", "0"], "`steps` debe ser al menos 1"),
        (["--prompt", "El gato " * 8], "no queda qué escribir"),
        (["--length", "0"], "no queda qué escribir"),
        (["--checkpoint", "texto.txt"], "es un archivo: elija una carpeta"),
        (["--text", "no.txt"], "No se puede abrir no.txt"),
        (["--rate", "1e30"], "dejó de ser un número finito"),
    ],
)
def test_impossible_options_are_explained(main, path, capsys, options, message):
    assert message in refused(main, capsys, *options)
