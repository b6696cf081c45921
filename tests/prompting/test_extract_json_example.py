"""El ejemplo completo con un modelo diminuto: interrumpir, seguir, cambiar ajustes y equivocarse."""

import json
import re
import runpy
from pathlib import Path

import pytest

from siguiente.prompting.fast.json_schema import schema_pattern

SCRIPT = Path(__file__).parents[2] / "examples" / "prompting" / "extract_json.py"
SCHEMA = {
    "type": "object",
    "properties": {"año": {"type": "integer"}, "nota": {"type": "string", "maxLength": 8}},
}
CASE = {"text": "Del año 1990.", "data": {"año": 1990, "nota": "sí"}}


@pytest.fixture
def module(monkeypatch, text_gru):
    monkeypatch.setattr("siguiente.llm.files.loading.load", lambda name: text_gru)
    return runpy.run_path(str(SCRIPT))


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "textos"
    path.mkdir()
    for i in range(9):
        (path / f"{i}.txt").write_text(
            f"Texto número {i}, {'con más letras ' * (i % 3)}y 😀.", encoding="utf-8"
        )
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMA), encoding="utf-8")
    (tmp_path / "casos.jsonl").write_text(json.dumps(CASE) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def run(module, folder, tmp_path):
    given = [str(folder), "--schema", str(tmp_path / "schema.json"), "--length", "50"]
    return lambda *options: module["main"]([*given, *options])


@pytest.fixture
def out(tmp_path):
    return tmp_path / "textos.jsonl"


def facts(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def refused(run, capsys, *options):
    with pytest.raises(SystemExit) as stopped:
        run(*options)
    assert stopped.value.code == 2
    return " ".join(capsys.readouterr().err.split("error: ")[-1].split())


def test_one_line_per_text_with_the_form_of_the_schema(run, out, capsys):
    assert run() == 0
    assert "9 textos" in capsys.readouterr().out
    assert [fact["file"] for fact in facts(out)] == [f"{i}.txt" for i in range(9)]
    for fact in facts(out):
        assert re.fullmatch(schema_pattern(SCHEMA), json.dumps(fact["data"], ensure_ascii=False))


class Stopped:
    """Genera, y se interrumpe con Ctrl-C en la tanda que se diga."""

    def __init__(self, generate):
        self.generate, self.batches, self.at = generate, 0, None

    def __call__(self, *given):
        if self.batches == self.at:
            raise KeyboardInterrupt
        self.batches += 1
        return self.generate(*given)


@pytest.fixture
def batches(monkeypatch):
    from siguiente.language_models import sampling as batch

    counted = Stopped(batch.generate_batch)
    monkeypatch.setattr(batch, "generate_batch", counted)
    return counted


def test_an_interrupted_run_goes_on_and_ends_the_same(run, out, tmp_path, capsys, batches):
    assert run("--out", str(tmp_path / "whole.jsonl")) == 0
    batches.batches, batches.at = 0, 1
    assert run() == 130
    assert "repita la misma orden, sin --restart, para seguir" in capsys.readouterr().err
    assert len(facts(out)) == 4
    batches.batches, batches.at = 0, None
    assert run() == 0
    assert batches.batches == 2
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert run() == 0  # y otra vez, no hace nada
    assert batches.batches == 2


@pytest.mark.parametrize("change", [["--length", "60"], ["--model", "otro"], ["--examples"]])
def test_other_settings_never_overwrite(run, out, tmp_path, capsys, change):
    run()
    before = out.read_bytes()
    options = [*change, str(tmp_path / "casos.jsonl")] if change == ["--examples"] else change
    assert "se hizo con otros ajustes" in refused(run, capsys, *options)
    assert out.read_bytes() == before
    assert run(*options, "--restart") == 0


def test_a_text_that_changed(run, folder, capsys):
    run()
    (folder / "3.txt").write_text("Otra cosa, más larga.", encoding="utf-8")
    assert "o 3.txt cambió" in refused(run, capsys)


def test_a_new_text_is_added(run, folder, out):
    run()
    (folder / "nuevo.txt").write_text("Un texto nuevo.", encoding="utf-8")
    assert run() == 0
    assert [fact["file"] for fact in facts(out)][-1] == "nuevo.txt"


@pytest.mark.parametrize("content", ["lo mío\n", "lo mío", '{"a": 1}\n'])
def test_a_file_of_others_is_not_overwritten(run, out, capsys, content):
    out.write_text(content, encoding="utf-8")
    assert "no es de este programa" in refused(run, capsys)
    assert out.read_text(encoding="utf-8") == content


@pytest.mark.parametrize("name", [".", "no/datos.jsonl"])
def test_where_nothing_can_be_written(run, tmp_path, capsys, name):
    assert "elija un archivo" in refused(run, capsys, "--out", str(tmp_path / name))


def test_a_long_text_is_named_and_nothing_is_written(run, folder, out, capsys, gru):
    gru.context_length = 2000
    (folder / "largo.txt").write_text("palabras " * 1111 + "x", encoding="utf-8")
    error = refused(run, capsys)
    assert error.startswith("largo.txt (10000 caracteres)")
    assert "caben 2000" in error
    assert not out.exists()


def test_an_empty_folder(run, folder, capsys):
    for path in folder.iterdir():
        path.unlink()
    assert "no hay ningún archivo .txt" in refused(run, capsys)


def test_what_is_not_a_folder(module, tmp_path, capsys):
    given = [str(tmp_path / "no"), "--schema", "x.json"]
    assert "no es una carpeta" in refused(lambda *_: module["main"](given), capsys)


@pytest.mark.parametrize(
    ("name", "content", "options", "message"),
    [
        ("schema.json", "{", [], "schema.json no es JSON (línea 1"),
        ("schema.json", '{"type": "texto"}', [], "debe decir su tipo"),
        ("schema.json", '{"enum": []}', [], "Nada puede cumplir"),
        ("casos.jsonl", '{"text": "a"}', ["--examples"], "Línea 1"),
        (
            "casos.jsonl",
            '{"text": "a", "data": {"año": "x", "nota": ""}}',
            ["--examples"],
            "no cumple el esquema",
        ),
        ("casos.jsonl", "", ["--length", "5"], "Hacen falta"),
    ],
)
def test_bad_input_is_explained(run, out, tmp_path, capsys, name, content, options, message):
    (tmp_path / name).write_text(content, encoding="utf-8")
    given = [*options, str(tmp_path / name)] if options == ["--examples"] else options
    assert message in refused(run, capsys, *given)
    assert not out.exists()
