"""La orden `siguiente`: su ayuda, sus códigos, lo que da a otros programas y las órdenes sin modelo."""

import json
import os
import re
import subprocess
import sys

import pytest

from siguiente.__main__ import main, make_parser
from siguiente.commands import COMMANDS
from siguiente.course.cli.spanish import WORDS, in_spanish
from siguiente.runtime.store import build_directory

# Lo que argparse escribiría si una frase no estuviera traducida.
ENGLISH = re.compile(
    r"\b(usage|options?:|positional|arguments?|show|this|message|exit|required|choose|invalid|expected)\b"
)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SIGUIENTE_CACHE", str(tmp_path))
    return build_directory("saludo", "1", lambda path: (path / "a.txt").write_text("hola") and None)


def shown(capsys, *given):
    with pytest.raises(SystemExit) as stopped:
        main(list(given))
    assert stopped.value.code == 0
    return capsys.readouterr().out


def test_the_help_names_every_order(capsys):
    text = shown(capsys, "--help")
    assert all(re.search(rf"^    {name}\b", text, re.MULTILINE) for name in COMMANDS)
    assert not ENGLISH.search(text)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_each_order_is_in_spanish_and_says_the_defaults(capsys, name):
    text = shown(capsys, name, "--help")
    assert not ENGLISH.search(text)
    assert "``" not in text
    assert f"siguiente {name}" in text


def test_every_option_is_explained():
    orders = make_parser()._subparsers._group_actions[0].choices
    for name, order in orders.items():
        assert all(action.help for action in order._actions), name


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "siguiente: falta: ORDEN"),
        (["clasifica"], "siguiente: ORDEN: 'clasifica' no es una de las opciones"),
        (["dpo", "--betta", "1"], "siguiente dpo: esta orden no entiende: --betta. ¿Quiso decir --beta?"),
        (["models", "todos"], "siguiente models: esta orden no entiende: todos\n"),
        (["dpo", "--beta"], "siguiente dpo: --beta: hace falta un valor"),
        (["dpo", "--loss", "mse"], "--loss: 'mse' no es una de las opciones"),
        (["dpo", "--steps", "mil"], "--steps: debe ser un número entero, 1 como poco, y es «mil»"),
        (["cache", "--verify", "--clean"], "--clean: no se puede usar junto con --verify"),
        (["dpo", "--restart=sí"], "esta opción no lleva valor"),
    ],
)
def test_a_mistake_is_one_sentence_in_spanish(capsys, given, message):
    with pytest.raises(SystemExit) as stopped:
        main(given)
    said = capsys.readouterr().err
    assert stopped.value.code == 2
    assert message in said
    assert len(said.splitlines()) == 2
    assert not ENGLISH.search(said.splitlines()[0])


def test_every_translated_sentence_keeps_its_gaps():
    gaps = re.compile(r"%(?:\(\w+\))?[sr]")
    assert all(sorted(gaps.findall(one)) == sorted(gaps.findall(other)) for one, other in WORDS.items())


def test_the_language_of_other_programs_is_left_as_it_was():
    import argparse

    before = argparse._
    with in_spanish():
        assert argparse._("usage: ") == "uso: "
    assert argparse._ is before


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_console_without_accents_stops_nothing(encoding):
    env = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "siguiente", "models"], env=env, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert b"gemma-3-270m" in done.stdout


def test_for_other_programs_there_is_only_json_in_stdout(order, capsys):
    assert order("models", "--json") == 0
    names = [model["name"] for model in json.loads(capsys.readouterr().out)["models"]]
    assert names == ["gemma-3-270m", "smollm2-135m-instruct"]


def test_an_interruption_is_said_and_gives_its_code(order, capsys, monkeypatch):
    def stopped(options):
        raise KeyboardInterrupt

    monkeypatch.setattr("siguiente.commands.models.run", stopped)
    assert order("models") == 130
    assert "Interrumpido" in capsys.readouterr().err


def test_the_cache_is_listed_verified_and_cleaned(order, cache, capsys):
    assert order("cache") == 0
    assert cache.name in capsys.readouterr().out
    assert order("cache", "--verify") == 0
    assert "Todo está entero" in capsys.readouterr().out
    (cache / "a.txt").write_text("otro")
    assert order("cache", "--verify", "--json") == 0
    assert json.loads(capsys.readouterr().out)["damaged"] == [cache.name]
    assert order("cache", "--clean") == 0
    assert not cache.exists()


def test_a_cache_that_does_not_exist_is_empty(order, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SIGUIENTE_CACHE", str(tmp_path / "no"))
    assert order("cache", "--json") == 0
    assert json.loads(capsys.readouterr().out)["bytes"] == {}
