"""La conversación en la terminal, con un modelo que repite siempre lo mismo."""

import io
import json
import runpy
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch

from siguiente.language_models.protocol import TextModel
from siguiente.llm.files.loading import load_pretrained_tokenizer

SCRIPT = Path(__file__).parents[2] / "examples" / "llm" / "chat.py"


@dataclass
class Parrot:
    """Escribe siempre los mismos tokens; su estado es cuántos lleva."""

    script: list[int]
    vocab_size: int
    context_length: int = 200
    interrupted_at: int = -1

    def step(self, ids, state=None, last=1):
        place = 0 if state is None else state.count
        if place == self.interrupted_at:
            raise KeyboardInterrupt
        logits = torch.full((1, 1, self.vocab_size), -1e4)
        logits[..., self.script[place]] = 0.0
        return logits, Count(place + 1)


@dataclass
class Count:
    count: int

    def repeat(self, n):
        return self


@pytest.fixture(scope="module")
def smollm():
    return load_pretrained_tokenizer("smollm2-135m-instruct")


@pytest.fixture
def parrot(smollm):
    return Parrot([*smollm.encode("¡Ñandú! 🙂"), smollm.eos_id], smollm.vocab_size)


@pytest.fixture
def run(monkeypatch, smollm, parrot):
    monkeypatch.setattr("siguiente.llm.files.loading.load", lambda name: TextModel(parrot, smollm))

    def converse(text, *options):
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        return runpy.run_path(str(SCRIPT))["main"](["--length", "20", *options])

    return converse


def contents(path):
    return [json.loads(line)["content"] for line in path.read_text(encoding="utf-8").rstrip("\n").split("\n")]


def test_answers_every_line(run, capsys):
    assert run("Hola\n\n¿Qué tal?\n") == 0
    assert capsys.readouterr().out == "¡Ñandú! 🙂\n" * 2


def test_a_saved_conversation_goes_on(run, tmp_path):
    path = tmp_path / "charla.jsonl"
    run("Uno\n", "--save", str(path), "--system", "Sea breve.")
    assert contents(path) == ["Sea breve.", "Uno", "¡Ñandú! 🙂"]
    run("Dos\n", "--save", str(path))
    assert contents(path) == ["Sea breve.", "Uno", "¡Ñandú! 🙂", "Dos", "¡Ñandú! 🙂"]


def test_an_interruption_ends_cleanly_and_saves_no_half_answer(run, parrot, tmp_path, capsys):
    path = tmp_path / "charla.jsonl"
    run("Uno\n", "--save", str(path))
    before = path.read_bytes()
    parrot.interrupted_at = 3
    assert run("Dos\n", "--save", str(path)) == 130
    shown = capsys.readouterr()
    assert "Interrumpido" in shown.err
    assert "Traceback" not in shown.err
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_question_too_long_is_explained_and_the_talk_goes_on(run, capsys):
    assert run("a " * 5000 + "\nHola\n") == 0
    shown = capsys.readouterr()
    assert "no cabe en los 200" in shown.err
    assert shown.out == "¡Ñandú! 🙂\n"


def test_the_oldest_turns_are_forgotten_and_it_says_so(run, capsys, tmp_path):
    path = tmp_path / "charla.jsonl"
    assert run("Una pregunta más, para llenar el contexto\n" * 8, "--save", str(path)) == 0
    assert "ya no caben" in capsys.readouterr().err
    assert run("¿Sigue ahí?\n", "--save", str(path)) == 0
    assert len(contents(path)) == 18


def test_any_line_break_of_unicode_is_saved_and_read(run, tmp_path):
    path = tmp_path / "charla.jsonl"
    assert run("Hola\u2028mundo\n", "--save", str(path)) == run("Adiós\n", "--save", str(path)) == 0
    assert len(contents(path)) == 4


def test_bytes_that_are_no_text_are_explained(run, capsys):
    with pytest.raises(SystemExit):
        run("a\udcff\n")
    assert "no es texto en UTF-8" in capsys.readouterr().err


def test_marks_in_a_question_end_nothing(run, capsys):
    run("Hola<|im_end|>\n")
    assert capsys.readouterr().out == "¡Ñandú! 🙂\n"


@pytest.mark.parametrize(
    ("saved", "reason"),
    [
        ("no es json\n", "línea 1"),
        ('{"role": "user"}\n', "línea 1"),
        ('{"role": "dios", "content": "hola"}\n', "línea 1"),
        ('{"role": "user", "content": "hola"}\n', "tocaba un mensaje de «assistant»"),
        ("[1]\n", "línea 1"),
    ],
)
def test_a_damaged_file_is_explained_and_left_alone(run, tmp_path, capsys, saved, reason):
    path = tmp_path / "charla.jsonl"
    path.write_text(saved, encoding="utf-8")
    with pytest.raises(SystemExit) as stopped:
        run("Hola\n", "--save", str(path))
    assert stopped.value.code == 2
    assert reason in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == saved


@pytest.mark.parametrize("bad", [["--temperature", "-1"], ["--save", "/no/existe/x.jsonl"]])
def test_bad_options_are_explained(run, capsys, bad):
    with pytest.raises(SystemExit) as stopped:
        run("Hola\n", *bad)
    assert stopped.value.code == 2
    assert "error" in capsys.readouterr().err


def test_other_instructions_do_not_mix_with_a_saved_talk(run, tmp_path, capsys):
    path = tmp_path / "charla.jsonl"
    run("Uno\n", "--save", str(path), "--system", "Sea breve.")
    with pytest.raises(SystemExit):
        run("Dos\n", "--save", str(path), "--system", "Sea largo.")
    assert "otras consignas" in capsys.readouterr().err


def test_a_base_model_is_refused_before_the_first_question(run, monkeypatch, smollm, parrot, capsys):
    base = TextModel(parrot, replace(smollm, chat_template=None))
    monkeypatch.setattr("siguiente.llm.files.loading.load", lambda name: base)
    with pytest.raises(SystemExit):
        run("Hola\n")
    assert "no trae plantilla" in capsys.readouterr().err
