"""La conversación en la terminal, con un modelo que repite siempre lo mismo."""

import io
import json
import os
import select
import subprocess
import sys
from dataclasses import dataclass, replace

import pytest
import torch

from siguiente.course.cli.models import answering
from siguiente.course.cli.score_log import alone
from siguiente.language_models.protocol import TextModel
from siguiente.llm.chat import Message, render
from siguiente.llm.files.loading import load_pretrained_tokenizer


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
def given(monkeypatch, smollm, parrot):
    """Da un texto a la entrada y devuelve la orden que lo lee."""
    monkeypatch.setattr("siguiente.llm.files.loading.load", lambda name: TextModel(parrot, smollm))

    def given(text, *options):
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        return ["chat", "--model", "smollm2-135m-instruct", "--length", "20", *options]

    return given


@pytest.fixture
def run(order, given):
    return lambda text, *options: order(*given(text, *options))


@pytest.fixture
def fails(refused, given):
    return lambda text, *options: refused(*given(text, *options))


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


def test_an_interruption_cuts_the_answer_and_the_talk_goes_on(run, parrot, tmp_path, capsys):
    path = tmp_path / "charla.jsonl"
    run("Uno\n", "--save", path)
    before = path.read_bytes()
    parrot.interrupted_at = 3
    assert run("Dos\nTres\n", "--save", path) == 0
    assert capsys.readouterr().err.count("Cortada: esta respuesta no se guarda") == 2
    assert path.read_bytes() == before


def test_an_empty_answer_is_said_and_not_saved(run, parrot, smollm, tmp_path, capsys):
    parrot.script = [smollm.eos_id]
    assert run("Hola\n", "--save", tmp_path / "charla.jsonl") == 0
    assert "El modelo no escribió nada" in capsys.readouterr().err
    assert not (tmp_path / "charla.jsonl").exists()


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


def test_bytes_that_are_no_text_are_explained(fails):
    assert "no es texto en UTF-8" in fails("a\udcff\n")


def test_marks_in_a_question_end_nothing(run, capsys):
    run("Hola<|im_end|>\n")
    assert capsys.readouterr().out == "¡Ñandú! 🙂\n"


@pytest.mark.parametrize(
    ("saved", "reason"),
    [
        ("no es json\n", "línea 1"),
        ('{"role": "user"}\n', "línea 1"),
        ('{"role": "dios", "content": "hola"}\n', "línea 1"),
        ('{"role": "user", "content": null}\n', "línea 1"),
        ('{"role": "user", "content": ["a", 1]}\n', "línea 1"),
        ('{"role": "user", "content": "\\ud83d"}\n', "medio carácter"),
        ('{"role": "user", "content": "hola"}\n', "tocaba un mensaje de «assistant»"),
        ("[1]\n", "línea 1"),
        ("[" * 100_000, "línea 1"),
    ],
)
def test_a_damaged_file_is_explained_and_left_alone(fails, tmp_path, saved, reason):
    path = tmp_path / "charla.jsonl"
    path.write_text(saved, encoding="utf-8")
    assert reason in fails("Hola\n", "--save", path)
    assert path.read_text(encoding="utf-8") == saved


def test_an_empty_file_is_a_new_conversation(run, tmp_path):
    path = tmp_path / "charla.jsonl"
    path.touch()
    assert run("Hola\n", "--save", path) == 0
    assert len(contents(path)) == 2


def test_two_conversations_do_not_write_the_same_file(fails, tmp_path):
    path = tmp_path / "charla.jsonl"
    with alone(path):
        assert "Otro proceso está escribiendo" in fails("Hola\n", "--save", path)


def test_a_link_stays_a_link(run, tmp_path):
    cloud, link = tmp_path / "nube.jsonl", tmp_path / "charla.jsonl"
    cloud.touch()
    link.symlink_to(cloud)
    assert run("Hola\n", "--save", link) == 0
    assert link.is_symlink()
    assert len(contents(cloud)) == 2


def test_for_other_programs_each_answer_is_a_line_of_json(run, capsys):
    assert run("Uno\nDos\n", "--json") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line) for line in lines] == [{"answer": "¡Ñandú! 🙂"}] * 2


@pytest.mark.parametrize(
    ("bad", "reason"),
    [(["--temperature", "-1"], "--temperature"), (["--save", "/no/existe/x.jsonl"], "No existe la carpeta")],
)
def test_bad_options_are_explained(fails, bad, reason):
    assert reason in fails("Hola\n", *bad)


def test_other_instructions_do_not_mix_with_a_saved_talk(run, fails, tmp_path):
    path = tmp_path / "charla.jsonl"
    run("Uno\n", "--save", str(path), "--system", "Sea breve.")
    assert "otras consignas" in fails("Dos\n", "--save", str(path), "--system", "Sea largo.")


def test_a_base_model_is_refused_before_the_first_question(fails, monkeypatch, smollm, parrot):
    base = TextModel(parrot, replace(smollm, chat_template=None))
    monkeypatch.setattr("siguiente.llm.files.loading.load", lambda name: base)
    assert "no trae plantilla" in fails("Hola\n")


def test_a_long_line_pasted_in_a_terminal_is_read_whole():
    """El sistema corta en 4095 bytes las líneas que lee él; quien las lee es `readline`."""
    pty, _ = pytest.importorskip("pty"), pytest.importorskip("readline")
    ours, theirs = pty.openpty()
    code = "from siguiente.commands.chat import questions as q\nprint('hay', [*map(len, q())], flush=True)"
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), theirs)
    with subprocess.Popen([sys.executable, "-c", code], **streams) as run:
        os.close(theirs)
        shown = until(ours, b">")
        for piece in ("á" * 2000, "a" * 3000 + "\n", "fin\n\x04"):
            os.write(ours, piece.encode())
            shown += until(ours, piece[-1:].encode() if piece[-1] in "áa" else b">")
        shown += until(ours, b"]")
        run.kill()
    os.close(ours)
    assert b"hay [5000, 3]" in shown


def until(stream, mark):
    """Lo que sale de una terminal hasta que aparece una marca, o nada más sale en unos segundos."""
    shown = b""
    while mark not in shown and select.select([stream], [], [], 60)[0]:
        try:
            shown += os.read(stream, 65_536)
        except OSError:  # ya no queda nadie al otro lado
            break
    return shown


def test_the_assistant_reads_the_last_question_with_its_template(smollm):
    model = answering(TextModel(None, smollm))
    talk = [Message("user", "Uno"), Message("assistant", "Sí."), Message("user", "Dos")]
    assert render(model.tokenizer, talk).endswith("Petición: Dos\nRespuesta:")
    assert "Uno" not in render(model.tokenizer, talk)
